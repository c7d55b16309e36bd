/** A savepoint as the snapshot that a job is restored from. */
import { LocalFileSystem } from '../../plugins/filesystem/index.js';
import type { OperatorStateHandle } from '../../runtime/contract/snapshot.js';
import type { OperatorSnapshot } from '../../runtime/contract/state.js';
import type { JobSnapshot } from '../../runtime/embedded/index.js';
import { readKeyedSections, readOperatorSections } from '../../runtime/state/format/sections.js';
import { StateFileReader } from '../../runtime/state/format/state-file-reader.js';
import { readCheckpoint } from '../../runtime/state/storage/checkpoint-storage.js';
import { StoredSource } from '../../runtime/state/storage/stored-source.js';

export async function readSavepoint(folder: string): Promise<JobSnapshot> {
  const fileSystem = new LocalFileSystem();
  const { metadata, base } = await readCheckpoint(fileSystem, folder);
  const source = new StoredSource(fileSystem, base);
  const operator = async (handle: OperatorStateHandle): Promise<OperatorSnapshot> => {
    const { uid, uidHash, subtask, parallelism, maxParallelism } = handle;
    const open = async (part: OperatorStateHandle['keyed']): Promise<StateFileReader | null> =>
      part?.kind === 'canonical' ? StateFileReader.open(await source.open(part.file)) : null;
    const keyed = await open(handle.keyed);
    const other = await open(handle.operator);
    return {
      uid,
      uidHash,
      subtask,
      parallelism,
      maxParallelism,
      keyed: keyed ? await readKeyedSections(keyed, { start: 0, end: maxParallelism - 1 }) : new Map(),
      operator: other ? await readOperatorSections(other) : new Map(),
    };
  };
  return {
    checkpointId: metadata.checkpointId,
    enumerators: new Map(Object.entries(metadata.enumerators)),
    subtasks: await Promise.all(
      metadata.subtasks.map(async ({ task, subtask, operators, source: splits, sinks }) => ({
        task,
        subtask,
        parallelism: metadata.tasks[task]!.parallelism,
        operators: await Promise.all(operators.map(operator)),
        source: splits,
        sinks: sinks as JobSnapshot['subtasks'][number]['sinks'],
      })),
    ),
  };
}
