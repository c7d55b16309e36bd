import { setImmediate } from 'node:timers/promises';
import type { EncoderThread, Encoding } from '../encoder/encoder-thread.js';
import type { StateFileWriter } from '../format/state-file-writer.js';
import type { PagePass } from './page-pass.js';

/** How long pages are copied at a time, ms. */
const SLICE_MS = 1;

/**
 * Writes a table of numbers that another thread encodes: this one copies its pages, which it need not be told of again
 * (`onCopied`), and sees to the file.
 */
export async function writePages(
  pass: PagePass,
  encoder: EncoderThread,
  out: StateFileWriter,
  section: number,
  signal: AbortSignal,
  onCopied: () => void,
): Promise<void> {
  const { layout, maxParallelism } = pass;
  const encoding = encoder.begin({ layout, maxParallelism, section });
  try {
    while (pass.pagesLeft > 0) {
      sendPages(pass, encoding);
      await setImmediate();
      signal.throwIfAborted();
      if (encoding.hasRoom || pass.pagesLeft === 0) continue;
      const run = await encoding.next(true);
      if (typeof run === 'object') {
        await out.blocks(section, run);
        encoding.written(run);
      }
      signal.throwIfAborted();
    }
    onCopied();
    encoding.end();
    for (let run = await encoding.next(false); typeof run === 'object'; run = await encoding.next(false)) {
      await out.blocks(section, run);
      encoding.written(run);
      signal.throwIfAborted();
    }
  } finally {
    encoding.close();
  }
}

function sendPages(pass: PagePass, encoding: Encoding): void {
  const until = performance.now() + SLICE_MS;
  while (pass.pagesLeft > 0 && encoding.hasRoom && performance.now() < until) {
    const batch = encoding.batch();
    while (pass.pagesLeft > 0 && !batch.isFull) pass.copyPage(batch);
    encoding.send(batch);
  }
}
