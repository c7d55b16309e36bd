/** The sending end of a ring; the other end is a thread of this process or, through the network, of another one. */
import type { Batch, BatchLayout } from '../../plugins/api/batch.js';
import { BatchEncoder, CodecMemory } from './batch-codec.js';
import { BatchPool } from './batch-pool.js';
import type { Barrier, ChannelEvent, OutputChannel } from './channel.js';
import type { Codecs } from './codecs.js';
import type { Doorbell } from './doorbell.js';
import { InFlightData } from './in-flight-data.js';
import {
  announceBarrier,
  announceClosed,
  CUT,
  CUT_AT,
  HEAD,
  Kind,
  OVERTAKE,
  SENDER_WAITS,
  TAIL,
  type RingMemory,
} from './ring-memory.js';
import { RingSlots } from './ring-slots.js';

/** Batches that are kept while others wait for credit. */
const maxSpare = 3;
/** Of an entry, by the size of other rows: what is measured and does not fit was measured in vain. */
const fill = 0.9;

export class RingSender implements OutputChannel {
  readonly local = false;
  bytes = 0;
  readonly #slots: RingSlots;
  readonly #slotBytes: number;
  readonly #receiver: Doorbell;
  readonly #encoder: BatchEncoder;
  readonly #pool: BatchPool;
  #tail = 0;
  #head = 0;
  /** encoded rows that go in pieces, and how much of them was sent */
  #large: CodecMemory | null = null;
  #largeBytes = 0;
  #largeSent = 0;
  /** announced, without room in the ring: goes before all else */
  #urgent: Barrier | null = null;
  /** the last one that was sent, and its position */
  #barrier = 0;
  #barrierAt = 0;
  /** what the network has not taken when it lets the barrier past, up to `end`, is copied */
  #cut: { readonly checkpointId: number; readonly end: number; readonly overtaken: InFlightData } | null =
    null;
  #askedCut = 0;
  readonly #remote: boolean;
  /** as many rows as fit into an entry, by what was sent before */
  #entryRows: number;

  /** `remote`: the other end is the network, which passes on what it has credit for. */
  constructor(
    ring: RingMemory,
    receiver: Doorbell,
    layout: BatchLayout,
    codecs: Codecs,
    batchRows: number,
    remote = false,
  ) {
    this.#remote = remote;
    this.#slots = new RingSlots(ring);
    this.#slotBytes = ring.slotBytes;
    this.#receiver = receiver;
    this.#encoder = new BatchEncoder(layout, codecs);
    this.#pool = new BatchPool(layout, batchRows, maxSpare);
    this.#entryRows = batchRows;
  }

  sendBatch(batch: Batch): Batch | null {
    if (!this.flush() || !this.#hasCredit()) return null;
    for (let from = 0; from < batch.length;) {
      const to = from + this.#rowsOfEntry(batch.length - from);
      const bytes = this.#encoder.measure(batch, from, to);
      if (bytes <= this.#slotBytes && this.#hasCredit()) {
        const slot = this.#tail & this.#slots.mask;
        this.#encoder.write(batch, this.#slots.payloads[slot]!);
        this.#publish(Kind.Batch, bytes, 0);
        this.bytes += bytes;
        if (to - from < batch.length && 2 * bytes < fill * this.#slotBytes) this.#entryRows *= 2;
        from = to;
      } else if (bytes > this.#slotBytes && to - from > 1) {
        this.#entryRows = Math.max(1, Math.floor((fill * this.#slotBytes * (to - from)) / bytes));
      } else {
        this.#sendInPieces(batch, from);
        break;
      }
    }
    this.#pool.give(batch);
    return this.#pool.take();
  }

  /** Entries of a batch are about the same size. */
  #rowsOfEntry(rows: number): number {
    return Math.ceil(rows / Math.ceil(rows / this.#entryRows));
  }

  /** A row that is too big for an entry, or rows for which there is no credit now: the channel has taken them. */
  #sendInPieces(batch: Batch, from: number): void {
    const bytes = this.#encoder.measure(batch, from);
    if (!this.#large || this.#large.length < bytes)
      this.#large = new CodecMemory(new ArrayBuffer((bytes + 7) & ~7));
    this.#encoder.write(batch, this.#large);
    this.#largeBytes = bytes;
    this.#largeSent = 0;
    this.bytes += bytes;
    this.flush();
  }

  sendEvent(event: ChannelEvent): boolean {
    if (!this.flush() || !this.#hasCredit()) return false;
    switch (event.kind) {
      case 'watermark':
        this.#publish(Kind.Watermark, 0, event.timestamp);
        return true;
      case 'idle':
        this.#publish(Kind.Idle, 0, 0);
        return true;
      case 'active':
        this.#publish(Kind.Active, 0, 0);
        return true;
      case 'barrier':
        // One that a later one has overtaken means nothing any more, and must not be announced.
        if (event.checkpointId > this.#barrier) this.#publishBarrier(event);
        return true;
      case 'end':
        this.#publish(Kind.End, 0, 0);
        return true;
      case 'closed':
        announceClosed(this.#slots.control, this.#tail);
        this.#publish(Kind.Closed, 0, 0);
        return true;
    }
  }

  overtake(barrier: Barrier, overtaken: InFlightData): void {
    const { checkpointId } = barrier;
    if (this.#barrier !== checkpointId) {
      if (this.#largeSent < this.#largeBytes)
        overtaken.add(
          Kind.Fragment,
          this.#largeBytes,
          this.#largeSent,
          this.#large!.bytes.subarray(this.#largeSent, this.#largeBytes),
        );
      this.#urgent = barrier;
      this.#announce(checkpointId);
      this.#flushUrgent();
      this.#receiver.ring();
    }
    if (!this.#remote || this.#askedCut === checkpointId) return;
    this.#askedCut = checkpointId;
    this.#cut = { checkpointId, end: this.#barrierAt, overtaken };
    Atomics.store(this.#slots.control, OVERTAKE, checkpointId | 0);
    this.#receiver.ring();
  }

  get overtook(): boolean {
    this.#takeCut();
    if (this.#cut !== null) return false;
    return !this.#remote || this.#askedCut === this.#barrier || this.#hasLeft(this.#barrierAt);
  }

  /** The network has taken it; if not, it rings when it has. */
  #hasLeft(position: number): boolean {
    const { control } = this.#slots;
    if (((Atomics.load(control, HEAD) - position) | 0) > 0) return true;
    Atomics.store(control, SENDER_WAITS, 1);
    return ((Atomics.load(control, HEAD) - position) | 0) > 0;
  }

  /** Before anything is written where the network has freed entries: what it frees after its answer may be overtaken. */
  #takeCut(): void {
    if (this.#cut === null) return;
    const { control } = this.#slots;
    const { checkpointId, end, overtaken } = this.#cut;
    if (Atomics.load(control, CUT) !== (checkpointId | 0)) return;
    const queued = new InFlightData();
    this.#slots.copy(Atomics.load(control, CUT_AT), end, queued);
    overtaken.prepend(queued);
    this.#cut = null;
  }

  copy(batch: Batch, to: InFlightData): void {
    const bytes = this.#encoder.measure(batch);
    const encoded = new CodecMemory(new ArrayBuffer((bytes + 7) & ~7));
    this.#encoder.write(batch, encoded);
    to.add(Kind.Batch, bytes, 0, encoded.bytes.subarray(0, bytes));
  }

  flush(): boolean {
    if (this.#urgent !== null && !this.#flushUrgent()) return false;
    while (this.#largeSent < this.#largeBytes) {
      if (!this.#hasCredit()) return false;
      const slot = this.#tail & this.#slots.mask;
      const piece = Math.min(this.#slotBytes, this.#largeBytes - this.#largeSent);
      this.#large!.bytes.copy(this.#slots.payloads[slot]!.bytes, 0, this.#largeSent, this.#largeSent + piece);
      this.#publish(Kind.Fragment, this.#largeBytes, this.#largeSent);
      this.#largeSent += piece;
    }
    return true;
  }

  get settled(): boolean {
    return this.#largeSent === this.#largeBytes && this.#urgent === null;
  }

  spare(): Batch {
    return this.#pool.take();
  }

  recycle(batch: Batch): void {
    this.#pool.give(batch);
  }

  #flushUrgent(): boolean {
    if (!this.#hasCredit()) return false;
    this.#publishBarrier(this.#urgent!);
    this.#urgent = null;
    return true;
  }

  #announce(checkpointId: number): void {
    this.#barrier = checkpointId;
    this.#barrierAt = this.#tail;
    announceBarrier(this.#slots.control, checkpointId, this.#tail);
  }

  #publishBarrier({ checkpointId, timestamp }: Barrier): void {
    this.#announce(checkpointId);
    this.#publish(Kind.Barrier, checkpointId, timestamp);
  }

  #hasCredit(): boolean {
    const { control, count } = this.#slots;
    if (((this.#tail - this.#head) | 0) < count) return true;
    this.#head = Atomics.load(control, HEAD);
    this.#takeCut();
    if (((this.#tail - this.#head) | 0) < count) return true;
    // Say that we wait, then look again: the receiver may have freed a slot between the look and the word.
    Atomics.store(control, SENDER_WAITS, 1);
    this.#head = Atomics.load(control, HEAD);
    this.#takeCut();
    return ((this.#tail - this.#head) | 0) < count;
  }

  #publish(kind: Kind, a: number, b: number): void {
    const slot = this.#tail & this.#slots.mask;
    this.#slots.headers[slot]![0] = kind;
    this.#slots.headers[slot]![1] = a;
    this.#slots.values[slot]![0] = b;
    this.#tail = (this.#tail + 1) | 0;
    Atomics.store(this.#slots.control, TAIL, this.#tail);
    this.#receiver.ring();
  }
}
