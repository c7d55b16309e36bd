import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { ConnectorError } from '../api/connector-error.js';
import type { CommitRequest, Committer } from '../api/sink.js';

/** A closed file and the name it gets when its checkpoint has completed. */
export interface PendingFile {
  readonly pending: string;
  readonly target: string;
}

/** A rename is atomic, and one that was done already is recognised: commits may be repeated. */
export class FileCommitter implements Committer<PendingFile> {
  async commit(requests: readonly CommitRequest<PendingFile>[]): Promise<void> {
    for (const request of requests) {
      const { pending, target } = request.committable;
      try {
        await rename(pending, target);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT' && existsSync(target)) {
          request.signalAlreadyCommitted();
          continue;
        }
        request.signalFailedWithUnknownReason(
          new ConnectorError('FC5312', {
            message: `cannot finish '${target}': ${(error as Error).message}`,
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
