import { isAscii } from 'node:buffer';
import type { Batch } from '../api/batch.js';
import type { Format, RecordDecoder, RecordEncoder } from '../api/format.js';
import type { Schema } from '../api/schema.js';
import { ship, type ShipReference, type Shippable } from '../api/shipping.js';
import { cellWriter } from '../api/text-form.js';
import { MIN_TIMESTAMP } from '../api/types.js';

/** Lines of UTF-8 text, without their line end (flink: TextLineInputFormat). */
export class TextFormat implements Format<string>, Shippable {
  readonly name = 'text';
  readonly splittable = true;
  readonly hasHeader = false;
  declare readonly __record?: string;

  [ship](): ShipReference {
    return { module: 'flinkc/text', name: 'TextFormat', args: [] };
  }
  createDecoder(context: { readonly layout: Batch['layout'] }): RecordDecoder {
    return new LineDecoder(context.layout.columns.length > 0);
  }
  createEncoder(schema: Schema): RecordEncoder {
    const text = cellWriter(schema);
    return { encode: record => `${text(record)}\n` };
  }
}

const newline = 10;
const carriageReturn = 13;

class LineDecoder implements RecordDecoder {
  /** false: the program only counts lines */
  readonly #wanted: boolean;
  constructor(wanted: boolean) {
    this.#wanted = wanted;
  }
  decode(bytes: Uint8Array, from: number, to: number, last: boolean, batch: Batch): number {
    const ends: number[] = [];
    const room = batch.capacity - batch.length;
    let next = from;
    while (ends.length < room && next < to) {
      const found = bytes.indexOf(newline, next);
      if (found >= 0 && found < to) next = found + 1;
      else if (last) next = to;
      else break;
      ends.push(next);
    }
    if (ends.length === 0) return from;
    const first = batch.length;
    batch.timestamps.fill(MIN_TIMESTAMP, first, first + ends.length);
    if (this.#wanted) this.#slice(bytes, from, ends, batch.columns[0] as string[], first);
    batch.length = first + ends.length;
    return next;
  }
  #slice(bytes: Uint8Array, from: number, ends: readonly number[], column: string[], row: number): void {
    const region = Buffer.from(bytes.buffer, bytes.byteOffset + from, ends[ends.length - 1]! - from);
    // one string for all lines; with only ASCII in it byte offsets are character offsets
    const text = isAscii(region) ? region.toString('latin1') : null;
    let start = 0;
    for (const end of ends) {
      let stop = end - from;
      if (region[stop - 1] === newline) stop--;
      if (stop > start && region[stop - 1] === carriageReturn) stop--;
      column[row++] = text === null ? region.toString('utf8', start, stop) : text.slice(start, stop);
      start = end - from;
    }
  }
}
