import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { FileSystemError, type ByteRange } from '../api/file-system.js';
import { asFileSystemError, guarded } from './s3-error.js';
import { s3Location } from './s3-location.js';

/** Connections that break in the middle of one object before it is given up. */
const resumptions = 5;

/**
 * The bytes of an object. The SDK repeats a request that failed, but not a body that broke off: that is asked for again
 * from where it broke, as long as the object is still the same.
 */
export async function* streamObject(
  client: S3Client,
  path: string,
  range: ByteRange | undefined,
): AsyncGenerator<Uint8Array> {
  let at = range?.start ?? 0;
  let end = range?.end ?? null;
  let version: string | undefined;
  for (let attempt = 0; end === null || at < end || attempt === 0; attempt++) {
    // A range of no bytes cannot be asked for; the whole object at least says whether it is there.
    const Range =
      at === 0 && end === null
        ? undefined
        : end === at
          ? undefined
          : `bytes=${at}-${end === null ? '' : end - 1}`;
    const request = { ...s3Location(path), Range, IfMatch: version };
    const answer = await guarded(path, 'read', () => client.send(new GetObjectCommand(request)));
    version = answer.ETag;
    const body = answer.Body as (AsyncIterable<Uint8Array> & { destroy(): void }) | undefined;
    const size =
      Range === undefined
        ? answer.ContentLength!
        : (sizeOf(answer.ContentRange) ?? at + answer.ContentLength!);
    if (range && range.end > size) {
      body?.destroy();
      throw new FileSystemError(
        'failed',
        path,
        `read bytes ${range.start} to ${range.end} of the ${size} bytes of`,
      );
    }
    end ??= size;
    if (at === end) {
      body?.destroy();
      return;
    }
    try {
      for await (const piece of body!) {
        yield piece;
        at += piece.length;
      }
      if (at === end) return;
    } catch (error) {
      if (attempt >= resumptions) throw asFileSystemError(path, 'read', error);
    } finally {
      body?.destroy();
    }
    if (attempt >= resumptions)
      throw new FileSystemError('unavailable', path, `read beyond byte ${at} of the ${end} bytes of`);
  }
}

/** `bytes 0-99/1234` */
function sizeOf(contentRange: string | undefined): number | null {
  const match = /\/(\d+)$/.exec(contentRange ?? '');
  return match ? Number(match[1]) : null;
}
