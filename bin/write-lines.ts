import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Lines are written as fast as the reader takes them, in pieces of about this size. */
const pieceLength = 64 << 10;

/** Writes lines as they come; waits where the reader is slower, so that any number of them fits into memory. */
export async function writeLines(out: Writable, lines: AsyncIterable<string>): Promise<void> {
  let piece = '';
  const flush = async (): Promise<void> => {
    const text = piece;
    piece = '';
    if (text !== '' && !out.write(text)) await once(out, 'drain');
  };
  for await (const line of lines) {
    piece += `${line}\n`;
    if (piece.length >= pieceLength) await flush();
  }
  await flush();
}
