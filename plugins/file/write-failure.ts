import { ConnectorError } from '../api/connector-error.js';

/** What went wrong when a file of the output was written, and what to do about it. */
export function writeFailure(path: string, cause: unknown): ConnectorError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  return new ConnectorError(full ? 'FC5313' : 'FC5311', {
    message: full ? `no space left to write '${path}'` : `cannot write '${path}': ${message}`,
    fix: full
      ? 'make room, then run the job again; finished files are complete'
      : 'check that the output folder exists and may be written',
    facts: { file: path },
    retryable: full,
    cause,
  });
}
