/**
 * Hash table from 32-bit hash to slot: open addressing with linear probing in segments of bounded size (extendible
 * hashing). A full segment is split in two, so the longest pause is the rehash of one segment, however many keys
 * there are. Slots are kept, keys are not: a subclass compares them.
 */
const FIRST_SEGMENT = 64;
const LARGEST_SEGMENT = 1 << 15;
/** More directory bits than this do not help: so many equal prefixes mean equal hashes. */
const DEEPEST = 20;

class Segment {
  /** slot + 1; 0 is empty */
  table: Int32Array;
  mask: number;
  count = 0;
  /** leading hash bits that all entries share */
  readonly depth: number;

  constructor(size: number, depth: number) {
    this.table = new Int32Array(size);
    this.mask = size - 1;
    this.depth = depth;
  }
}

export abstract class SlotTable {
  /** by the leading bits of the hash; two entries at least, because a shift by 32 would be a shift by 0 */
  protected readonly directory: Segment[];
  protected shift = 31;
  size = 0;

  constructor() {
    const only = new Segment(FIRST_SEGMENT, 0);
    this.directory = [only, only];
  }

  protected abstract hashOf(slot: number): number;

  protected add(hash: number, slot: number): void {
    let segment = this.directory[hash >>> this.shift]!;
    if ((segment.count + 1) * 5 > segment.table.length * 3) {
      this.#makeRoom(segment, hash);
      segment = this.directory[hash >>> this.shift]!;
    }
    place(segment, hash, slot);
    this.size++;
  }

  protected delete(hash: number, slot: number): void {
    const segment = this.directory[hash >>> this.shift]!;
    const { table, mask } = segment;
    let hole = hash & mask;
    while (table[hole] !== slot + 1) hole = (hole + 1) & mask;
    // Entries behind the hole move up, so that no tombstones pile up where keys come and go.
    for (let i = (hole + 1) & mask; table[i] !== 0; i = (i + 1) & mask) {
      const home = this.hashOf(table[i]! - 1) & mask;
      if (((i - home) & mask) < ((i - hole) & mask)) continue;
      table[hole] = table[i]!;
      hole = i;
    }
    table[hole] = 0;
    segment.count--;
    this.size--;
  }

  #makeRoom(segment: Segment, hash: number): void {
    if (segment.table.length < LARGEST_SEGMENT || segment.depth === DEEPEST) {
      const old = segment.table;
      segment.table = new Int32Array(old.length * 2);
      segment.mask = segment.table.length - 1;
      segment.count = 0;
      for (let i = 0; i < old.length; i++) {
        if (old[i] !== 0) place(segment, this.hashOf(old[i]! - 1), old[i]! - 1);
      }
      return;
    }
    const depth = segment.depth + 1;
    if (depth > 32 - this.shift) {
      const doubled = this.directory.flatMap(s => [s, s]);
      this.directory.length = 0;
      for (const s of doubled) this.directory.push(s);
      this.shift--;
    }
    const halves = [new Segment(LARGEST_SEGMENT, depth), new Segment(LARGEST_SEGMENT, depth)];
    for (let i = 0; i < segment.table.length; i++) {
      const entry = segment.table[i]!;
      if (entry === 0) continue;
      const h = this.hashOf(entry - 1);
      place(halves[(h >>> (32 - depth)) & 1]!, h, entry - 1);
    }
    const share = 1 << (32 - this.shift - depth);
    const first = Math.floor((hash >>> this.shift) / (share * 2)) * share * 2;
    for (let i = 0; i < share * 2; i++) this.directory[first + i] = halves[i < share ? 0 : 1]!;
    // All entries may have gone to the half that this one needs.
    const target = this.directory[hash >>> this.shift]!;
    if ((target.count + 1) * 5 > target.table.length * 3) this.#makeRoom(target, hash);
  }
}

function place(segment: Segment, hash: number, slot: number): void {
  const { table, mask } = segment;
  let i = hash & mask;
  while (table[i] !== 0) i = (i + 1) & mask;
  table[i] = slot + 1;
  segment.count++;
}

/** Spreads every input bit over the leading bits (directory) and the trailing ones (table). */
export function spread(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

const bits = new Float64Array(1);
const words = new Int32Array(bits.buffer);

/** Table hash of a number that is not NaN; equal for both zeros. */
export function spreadNumber(value: number): number {
  const integer = value | 0;
  if (integer === value) return spread(integer);
  bits[0] = value;
  return spread(words[0]! ^ Math.imul(words[1]!, 0x9e3779b1));
}
