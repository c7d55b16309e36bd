import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { ConnectorError } from '../api/connector-error.js';
import type { CommitRequest, Committer } from '../api/sink.js';
import { pendingName } from './part-file.js';

/** What is done when its checkpoint has completed. */
export interface PendingFile {
  readonly pending: string;
  /** the name it gets; null: another file has its content, it is removed */
  readonly target: string | null;
}

/** A rename is atomic, and one that was done already is recognised: commits may be repeated. */
export class FileCommitter implements Committer<PendingFile> {
  async commit(requests: readonly CommitRequest<PendingFile>[]): Promise<void> {
    for (const request of requests) {
      const { pending, target } = request.committable;
      try {
        if (target === null) await removePart(pending);
        else await rename(pending, target);
      } catch (error) {
        if (target !== null && (error as NodeJS.ErrnoException).code === 'ENOENT' && existsSync(target)) {
          request.signalAlreadyCommitted();
          continue;
        }
        request.signalFailedWithUnknownReason(
          new ConnectorError('FC5312', {
            message: `cannot ${target === null ? `remove '${pending}'` : `finish '${target}'`}: ${(error as Error).message}`,
            fix: 'check that the output folder is still there and may be written',
            facts: { file: pending },
            cause: error,
          }),
        );
      }
    }
  }
  async close(): Promise<void> {}
}

async function removePart(inProgress: string): Promise<void> {
  for (const path of [inProgress, pendingName(inProgress)]) await rm(path, { force: true });
}
