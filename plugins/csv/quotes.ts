/** Quoted cells. */
import { RecordError, utf8 } from '../api/text-records.js';

/** Offset behind the closing quote of a cell that starts with one. */
export function quotedEnd(bytes: Uint8Array, start: number, stop: number, quote: number): number {
  for (let at = start + 1; at < stop; at++) {
    if (bytes[at] !== quote) continue;
    if (bytes[at + 1] !== quote || at + 1 >= stop) return at + 1;
    at++;
  }
  throw new RecordError('a quote is not closed on its line');
}

/** Text between the quotes [start, end), doubled quotes undone. */
export function quotedText(bytes: Uint8Array, start: number, end: number, quote: string): string {
  return utf8(bytes, start + 1, end - 1).replaceAll(quote + quote, quote);
}
