/**
 * The ends of a ring whose other side is another process: entries are taken and written as they are, without codecs.
 * A slot meets a ring in either case; only the thread of the network layer knows that it leads elsewhere.
 */
import { copyBytes } from '../protocol/copy-bytes.js';
import type { Doorbell } from './doorbell.js';
import {
  announceBarrier,
  announceClosed,
  CONTROL_BYTES,
  CUT,
  CUT_AT,
  HEAD,
  Kind,
  OVERTAKE,
  SENDER_WAITS,
  SLOT_HEADER,
  TAIL,
  type RingMemory,
} from './ring-memory.js';

/** One view over the whole ring instead of several per slot: a process has many channels. */
class RawSlots {
  readonly control: Int32Array;
  readonly slotBytes: number;
  readonly count: number;
  readonly #u32: Uint32Array;
  readonly #f64: Float64Array;
  readonly #bytes: Buffer;

  constructor({ memory, slots, slotBytes }: RingMemory) {
    this.control = new Int32Array(memory, 0, CONTROL_BYTES >> 2);
    this.slotBytes = slotBytes;
    this.count = slots;
    this.#u32 = new Uint32Array(memory);
    this.#f64 = new Float64Array(memory);
    this.#bytes = Buffer.from(memory as unknown as ArrayBuffer);
  }

  read(position: number): RawEntry {
    const at = this.#at(position);
    const kind = this.#u32[at >> 2]!;
    const a = this.#u32[(at >> 2) + 1]!;
    const b = this.#f64[(at >> 3) + 1]!;
    const start = at + SLOT_HEADER;
    const payload = this.#bytes.subarray(start, start + payloadBytes(kind, a, b, this.slotBytes));
    return { kind, a, b, payload };
  }

  write(position: number, { kind, a, b, payload }: RawEntry): void {
    const at = this.#at(position);
    this.#u32[at >> 2] = kind;
    this.#u32[(at >> 2) + 1] = a;
    this.#f64[(at >> 3) + 1] = b;
    copyBytes(payload, this.#bytes, at + SLOT_HEADER);
  }

  #at(position: number): number {
    return CONTROL_BYTES + (position & (this.count - 1)) * (SLOT_HEADER + this.slotBytes);
  }
}

/** As in the slot of a ring: see ring-memory.ts. */
export interface RawEntry {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly payload: Uint8Array;
}

const nothing: Uint8Array = new Uint8Array(0);

/** Bytes of the slot that an entry uses. */
export function payloadBytes(kind: number, a: number, b: number, slotBytes: number): number {
  if (kind === Kind.Batch) return a;
  return kind === Kind.Fragment ? Math.min(slotBytes, a - b) : 0;
}

/** Takes what a slot has sent. */
export class RawRingReader {
  readonly slotBytes: number;
  readonly #slots: RawSlots;
  readonly #sender: Doorbell;
  /** read up to here, freed up to the head */
  #position = 0;
  /** the last barrier that was read, in its turn or ahead of it */
  #barrier = 0;
  /** the last one that was asked for ahead of its turn */
  #overtaken = 0;

  constructor(ring: RingMemory, sender: Doorbell) {
    this.#slots = new RawSlots(ring);
    this.#sender = sender;
    this.slotBytes = ring.slotBytes;
  }

  /** Its payload is the ring's memory, valid until free(). */
  next(): RawEntry | null {
    for (;;) {
      if (Atomics.load(this.#slots.control, TAIL) === this.#position) return null;
      const entry = this.#slots.read(this.#position);
      this.#position = (this.#position + 1) | 0;
      if (entry.kind !== Kind.Barrier) return entry;
      // It has overtaken, or a later one has.
      if (entry.a <= this.#barrier) continue;
      this.#barrier = entry.a;
      return entry;
    }
  }

  /**
   * The barrier that the sender wants ahead of what is queued here: to be sent at once, behind what was read. The sender
   * stores the rest. Null: there is none.
   */
  overtaking(): RawEntry | null {
    const { control } = this.#slots;
    const id = Atomics.load(control, OVERTAKE);
    if (id === this.#overtaken) return null;
    this.#overtaken = id;
    Atomics.store(control, CUT_AT, this.#position);
    Atomics.store(control, CUT, id);
    this.#sender.ring();
    const checkpointId = id >>> 0;
    if (checkpointId <= this.#barrier) return null;
    this.#barrier = checkpointId;
    // Of the time of the checkpoint whoever takes barriers has heard already.
    return { kind: Kind.Barrier, a: checkpointId, b: 0, payload: nothing };
  }

  /** Gives back to the sender all that was read. */
  free(): void {
    const { control, count } = this.#slots;
    Atomics.store(control, HEAD, this.#position);
    if (Atomics.load(control, SENDER_WAITS) === 0) return;
    if (((Atomics.load(control, TAIL) - this.#position) | 0) > count >> 1) return;
    Atomics.store(control, SENDER_WAITS, 0);
    this.#sender.ring();
  }
}

/**
 * Gives a slot what came from elsewhere. The free entries of its ring are the credit that the other process gets, so
 * there is always room for what comes.
 */
export class RawRingWriter {
  readonly slotBytes: number;
  readonly #slots: RawSlots;
  readonly #receiver: Doorbell;
  /** Credit is granted in steps of a quarter of the ring: not a message per entry. */
  readonly #step: number;
  #tail = 0;
  #granted: number;

  constructor(ring: RingMemory, receiver: Doorbell) {
    this.#slots = new RawSlots(ring);
    this.#receiver = receiver;
    this.slotBytes = ring.slotBytes;
    this.#granted = ring.slots;
    this.#step = Math.max(1, ring.slots >> 2);
  }

  /** Entries that the sender may send before it hears of more. */
  get credit(): number {
    return (this.#granted - this.#tail) | 0;
  }

  /** False: the sender has sent more than it was granted. */
  write(entry: RawEntry): boolean {
    if (this.credit <= 0) return false;
    if (entry.kind === Kind.Barrier) this.#announce(entry.a);
    else if (entry.kind === Kind.Closed) announceClosed(this.#slots.control, this.#tail);
    this.#slots.write(this.#tail, entry);
    this.#tail = (this.#tail + 1) | 0;
    Atomics.store(this.#slots.control, TAIL, this.#tail);
    this.#receiver.ring();
    return true;
  }

  /** The next entry will be the barrier of this checkpoint. */
  announce(checkpointId: number): void {
    this.#announce(checkpointId);
    this.#receiver.ring();
  }

  #announce(checkpointId: number): void {
    announceBarrier(this.#slots.control, checkpointId, this.#tail);
  }

  /**
   * Credit to grant now, 0 while the sender has enough. When it is running out and nothing is free, the receiver is asked
   * to ring as soon as that changes.
   */
  takeCredit(): number {
    if (this.credit > 2 * this.#step) return 0;
    const { control } = this.#slots;
    if (this.#free() < this.#step) {
      if (this.credit > this.#step) return 0;
      Atomics.store(control, SENDER_WAITS, 1);
      // It may have freed an entry between the look and the word.
      if (this.#free() < this.#step) return 0;
    }
    const free = this.#free();
    this.#granted = (this.#granted + free) | 0;
    return free;
  }

  /** Entries that are neither filled nor promised. */
  #free(): number {
    const { control, count } = this.#slots;
    return (Atomics.load(control, HEAD) + count - this.#granted) | 0;
  }
}
