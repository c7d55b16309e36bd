/** Canonical state files of one operator of one subtask. */
import type { CanonicalHandle, SnapshotTarget } from '../contract/snapshot.js';
import { StateFileWriter } from './format/state-file-writer.js';
import type { OpenStateOptions } from './state-backend.js';

/** Null, and no file, when nothing was written: an operator whose states are all empty may be left out of the program. */
export async function writeCanonicalFile(
  target: SnapshotTarget,
  name: string,
  options: OpenStateOptions,
  write: (out: StateFileWriter) => Promise<void>,
): Promise<CanonicalHandle | null> {
  const { operator, subtask, parallelism, maxParallelism } = options;
  const file = await target.create(name);
  try {
    const out = await StateFileWriter.begin(file, {
      jobId: options.jobId,
      checkpointId: target.checkpointId,
      uid: operator.uid,
      uidHash: operator.uidHash,
      subtask,
      parallelism,
      maxParallelism,
    });
    await write(out);
    if (out.isEmpty) {
      await file.abort();
      return null;
    }
    await out.finish();
  } catch (error) {
    await file.abort();
    throw error;
  }
  return { kind: 'canonical', file: await file.close() };
}
