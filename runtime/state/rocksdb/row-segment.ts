/**
 * A segment of a changelog of rows: frames of length u32, CRC-32 u32 and payload. The first payload says what states
 * the rows belong to, in JSON; the others are batches of operations (write-batch.ts).
 */
import type { ChangelogSegment, SnapshotSource } from '../../contract/snapshot.js';
import { crc32 } from '../format/crc32.js';
import { damaged } from '../storage/damaged.js';
import type { StoredState } from './state-directory.js';

const HEAD_BYTES = 8;
const PIECE_BYTES = 1 << 20;

export function frame(payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length, true);
  view.setUint32(4, crc32(payload), true);
  bytes.set(payload, HEAD_BYTES);
  return bytes;
}

/** @throws RuntimeFault FC5504 */
export async function readRowSegment(
  source: SnapshotSource,
  segment: ChangelogSegment,
  onStates: (states: readonly StoredState[]) => void,
  onOperations: (operations: Uint8Array) => void,
): Promise<void> {
  let isFirst = true;
  for await (const payload of frames(source, segment)) {
    if (isFirst) onStates(JSON.parse(Buffer.from(payload).toString()) as readonly StoredState[]);
    else onOperations(payload);
    isFirst = false;
  }
  if (isFirst) throw damaged(source.nameOf(segment.file), 'a segment is empty');
}

async function* frames(
  source: SnapshotSource,
  { file, start, end }: ChangelogSegment,
): AsyncIterable<Uint8Array> {
  const name = source.nameOf(file);
  if (start < 0 || end > file.length) throw damaged(name, 'it has no such segment');
  let piece = new Uint8Array(0);
  let pieceStart = start;
  const bytes = async (from: number, length: number): Promise<Uint8Array> => {
    if (from + length > end) throw damaged(name, `what begins at ${from} goes beyond its segment`);
    if (from + length > pieceStart + piece.length) {
      pieceStart = from;
      piece = (await source.range(
        file,
        from,
        Math.min(end, from + Math.max(length, PIECE_BYTES)),
      )) as typeof piece;
    }
    return piece.subarray(from - pieceStart, from - pieceStart + length);
  };
  for (let at = start; at < end;) {
    const head = await bytes(at, HEAD_BYTES);
    const view = new DataView(head.buffer, head.byteOffset, HEAD_BYTES);
    const length = view.getUint32(0, true);
    const expected = view.getUint32(4, true);
    const payload = await bytes(at + HEAD_BYTES, length);
    if (crc32(payload) !== expected) throw damaged(name, `what begins at ${at} does not match its checksum`);
    yield payload;
    at += HEAD_BYTES + length;
  }
}
