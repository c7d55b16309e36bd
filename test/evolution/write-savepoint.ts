/** Writes a snapshot of a job as a savepoint. */
import { LocalFileSystem } from '../../plugins/filesystem/index.js';
import type { CanonicalHandle, OperatorStateHandle } from '../../runtime/contract/snapshot.js';
import type { OperatorSnapshot } from '../../runtime/contract/state.js';
import type { JobSnapshot } from '../../runtime/embedded/index.js';
import { crc32 } from '../../runtime/state/format/crc32.js';
import { writeKeyedSections, writeOperatorSections } from '../../runtime/state/format/sections.js';
import { StateFileWriter } from '../../runtime/state/format/state-file-writer.js';
import { writeMetadata } from '../../runtime/state/storage/checkpoint-storage.js';
import { join } from 'node:path';
import { mkdirSync, writeFileSync } from 'node:fs';

export async function writeSavepoint(folder: string, snapshot: JobSnapshot): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const { checkpointId, subtasks, enumerators } = snapshot;
  const operators = new Map<OperatorSnapshot, OperatorStateHandle>();
  for (const part of subtasks.flatMap(subtask => subtask.operators))
    operators.set(part, await writeOperator(folder, checkpointId, part));
  const fileSystem = new LocalFileSystem();
  await writeMetadata(
    fileSystem,
    { base: folder, folder: '' },
    {
      flinkc: '0.1.0',
      jobId: '0'.repeat(32),
      jobName: 'test',
      checkpointId,
      type: 'savepoint',
      timestamp: 0,
      base: '.',
      tasks: subtasks.map((_, i) => ({
        name: `task ${i}`,
        parallelism: 1,
        maxParallelism: 128,
        operators: [],
        finished: [],
      })),
      subtasks: subtasks.map((part, task) => ({
        task,
        subtask: part.subtask,
        operators: part.operators.map(operator => operators.get(operator)!),
        source: part.source,
        sinks: part.sinks,
      })),
      enumerators: Object.fromEntries(enumerators),
    },
  );
}

async function writeOperator(
  folder: string,
  checkpointId: number,
  { uid, uidHash, subtask, parallelism, maxParallelism, keyed, operator }: OperatorSnapshot,
): Promise<OperatorStateHandle> {
  const file = async (
    kind: string,
    write: (out: StateFileWriter) => Promise<void>,
  ): Promise<CanonicalHandle> => {
    const pieces: Uint8Array[] = [];
    const sink = { write: async (bytes: Uint8Array) => void pieces.push(bytes.slice()) };
    const header = {
      jobId: '0'.repeat(32),
      checkpointId,
      uid,
      uidHash,
      subtask,
      parallelism,
      maxParallelism,
    };
    const writer = await StateFileWriter.begin(sink, header);
    await write(writer);
    await writer.finish();
    const bytes = Buffer.concat(pieces);
    const path = `${uidHash}-${subtask}-${kind}`;
    writeFileSync(join(folder, path), bytes);
    return { kind: 'canonical', file: { path, length: bytes.length, crc32: crc32(bytes) } };
  };
  return {
    uid,
    uidHash,
    subtask,
    parallelism,
    maxParallelism,
    keyed: keyed.size === 0 ? null : await file('keyed', out => writeKeyedSections(out, keyed)),
    operator:
      operator.size === 0 ? null : await file('operator', out => writeOperatorSections(out, operator)),
  };
}
