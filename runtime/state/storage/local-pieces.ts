import { open } from 'node:fs/promises';

const pieceBytes = 1 << 20;

/** The first `length` bytes of a local file, or all of it. A piece is valid until the next one is asked for. */
export async function* piecesOf(
  localFile: string,
  length = Infinity,
  signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
  const file = await open(localFile, 'r');
  try {
    const buffer = Buffer.allocUnsafe(Math.min(pieceBytes, Math.max(length, 1)));
    for (let at = 0; at < length;) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, length - at), at);
      if (bytesRead === 0 && length !== Infinity)
        throw new Error(`${localFile} ends after ${at} bytes, ${length} were there`);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}
