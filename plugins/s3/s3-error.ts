import { FileSystemError, type FileSystemFailure } from '../api/file-system.js';

/** Runs requests; what the SDK throws, after its own retries, becomes a FileSystemError. */
export async function guarded<R>(path: string, doing: string, operation: () => Promise<R>): Promise<R> {
  try {
    return await operation();
  } catch (error) {
    throw asFileSystemError(path, doing, error);
  }
}

export function asFileSystemError(path: string, doing: string, error: unknown): FileSystemError {
  return error instanceof FileSystemError
    ? error
    : new FileSystemError(failureOf(error), path, doing, described(error));
}

/** HTTP status of the server's answer; null when there was none. */
export function statusOf(error: unknown): number | null {
  const { $metadata } = (error ?? {}) as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return $metadata?.httpStatusCode ?? null;
}

export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404 && (error as Error).name !== 'NoSuchBucket';
}

function failureOf(error: unknown): FileSystemFailure {
  if (isMissing(error)) return 'not-found';
  const status = statusOf(error);
  // No answer, throttled, or trouble of the server's own: all may pass.
  if (status === null || status === 429 || status >= 500) return 'unavailable';
  return /QuotaExceeded|EntityTooLarge/.test((error as Error).name) ? 'no-space' : 'failed';
}

/** The SDK's errors may have no message but a telling name. */
function described(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message } = error;
  return message.includes(name) || name === 'Error'
    ? error
    : new Error(message === '' || message === 'UnknownError' ? name : `${name}: ${message}`, {
        cause: error,
      });
}
