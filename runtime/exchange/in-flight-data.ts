/**
 * What a barrier has overtaken in one channel, as it is stored with the checkpoint: the entries of the channel, in the
 * form that rings have. docs/checkpoint-format.md is the specification.
 *
 *   u32 kind | u32 a | f64 b | u32 length | u32 0 | payload, up to a multiple of 8
 */
import { CodecError } from '../contract/bytes.js';
import { CodecMemory } from './batch-codec.js';
import { Kind } from './ring-memory.js';

const HEADER = 24;
const padded = (length: number): number => (length + 7) & ~7;

/** Copies what is added, because memory of channels is used again. */
export class InFlightData {
  #entries: Uint8Array[] = [];
  /** of all entries, as they are stored */
  bytes = 0;

  add(kind: Kind, a: number, b: number, payload: Uint8Array): void {
    const entry = new Uint8Array(HEADER + padded(payload.length));
    const header = new DataView(entry.buffer);
    header.setUint32(0, kind, true);
    header.setUint32(4, a, true);
    header.setFloat64(8, b, true);
    header.setUint32(16, payload.length, true);
    entry.set(payload, HEADER);
    this.#entries.push(entry);
    this.bytes += entry.length;
  }

  /** An entry of a ring, whose memory is `slot`. Events that mean nothing after a restore are left out. */
  addEntry(kind: Kind, a: number, b: number, slot: Uint8Array): void {
    if (kind === Kind.Batch) this.add(kind, a, 0, slot.subarray(0, a));
    else if (kind === Kind.Fragment) this.add(kind, a, b, slot.subarray(0, Math.min(slot.length, a - b)));
    else if (kind === Kind.Watermark) this.watermark(b);
  }

  watermark(timestamp: number): void {
    this.add(Kind.Watermark, 0, timestamp, nothing);
  }

  /** They lie before those that are here. */
  prepend(earlier: InFlightData): void {
    this.#entries = [...earlier.#entries, ...this.#entries];
    this.bytes += earlier.bytes;
  }

  get entries(): readonly Uint8Array[] {
    return this.#entries;
  }
}

const nothing: Uint8Array = new Uint8Array(0);

export interface InFlightEntry {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly payload: CodecMemory;
  /** of the payload; its memory is a multiple of 8 */
  readonly length: number;
}

/** Throws a CodecError where the bytes are not what {@link InFlightData} has written. */
export function* readInFlight(stored: Uint8Array): Iterable<InFlightEntry> {
  // Codecs want their memory to start on a multiple of 8.
  const memory = new Uint8Array(padded(stored.length));
  memory.set(stored);
  const view = new DataView(memory.buffer);
  for (let at = 0; at < stored.length;) {
    if (at + HEADER > stored.length) throw new CodecError('an entry ends in its header');
    const length = view.getUint32(at + 16, true);
    const start = at + HEADER;
    if (start + padded(length) > stored.length)
      throw new CodecError(`an entry of ${length} bytes is cut off`);
    yield {
      kind: view.getUint32(at, true),
      a: view.getUint32(at + 4, true),
      b: view.getFloat64(at + 8, true),
      payload: new CodecMemory(memory.buffer, start, padded(length)),
      length,
    };
    at = start + padded(length);
  }
}
