/**
 * Two subtasks in two threads of one process: a single-producer single-consumer ring of fixed slots in shared memory.
 * The free slots are the sender's credit. A batch that is bigger than a slot travels as fragments, so that one wide
 * row needs no second path and obeys the same credit.
 */
import { Batch } from '../../plugins/api/batch.js';
import type { BatchLayout } from '../../plugins/api/batch.js';
import { BatchDecoder, BatchEncoder, CodecMemory } from './batch-codec.js';
import { BATCH, EVENT, NOTHING } from './channel.js';
import type { Barrier, ChannelEvent, InputChannel, OutputChannel, Polled } from './channel.js';
import type { Codecs } from './codecs.js';
import type { Doorbell } from './doorbell.js';
import { InFlightData } from './in-flight-data.js';
import {
  announceBarrier,
  announceClosed,
  announcedPosition,
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

export { allocateRing, type RingMemory } from './ring-memory.js';

class Slots {
  readonly control: Int32Array;
  readonly headers: Uint32Array[] = [];
  readonly values: Float64Array[] = [];
  readonly payloads: CodecMemory[] = [];
  readonly count: number;
  readonly mask: number;

  constructor({ memory, slots, slotBytes }: RingMemory) {
    this.control = new Int32Array(memory, 0, CONTROL_BYTES >> 2);
    this.count = slots;
    this.mask = slots - 1;
    for (let i = 0; i < slots; i++) {
      const at = CONTROL_BYTES + i * (SLOT_HEADER + slotBytes);
      this.headers.push(new Uint32Array(memory, at, 2));
      this.values.push(new Float64Array(memory, at + 8, 1));
      this.payloads.push(new CodecMemory(memory, at + SLOT_HEADER, slotBytes));
    }
  }
}

export class RingSender implements OutputChannel {
  readonly local = false;
  bytes = 0;
  readonly #slots: Slots;
  readonly #slotBytes: number;
  readonly #receiver: Doorbell;
  readonly #encoder: BatchEncoder;
  readonly #layout: BatchLayout;
  readonly #batchRows: number;
  readonly #pool: Batch[] = [];
  #tail = 0;
  #head = 0;
  /** encoded batch that does not fit a slot, and how much of it was sent */
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
    this.#slots = new Slots(ring);
    this.#slotBytes = ring.slotBytes;
    this.#receiver = receiver;
    this.#encoder = new BatchEncoder(layout, codecs);
    this.#layout = layout;
    this.#batchRows = batchRows;
  }

  sendBatch(batch: Batch): Batch | null {
    if (!this.flush() || !this.#hasCredit()) return null;
    const bytes = this.#encoder.measure(batch);
    if (bytes <= this.#slotBytes) {
      const slot = this.#tail & this.#slots.mask;
      this.#encoder.write(batch, this.#slots.payloads[slot]!);
      this.#publish(Kind.Batch, bytes, 0);
    } else {
      if (!this.#large || this.#large.length < bytes)
        this.#large = new CodecMemory(new ArrayBuffer((bytes + 7) & ~7));
      this.#encoder.write(batch, this.#large);
      this.#largeBytes = bytes;
      this.#largeSent = 0;
      this.flush();
    }
    this.bytes += bytes;
    batch.length = 0;
    return batch;
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
    const { control, mask, headers, values, payloads } = this.#slots;
    const { checkpointId, end, overtaken } = this.#cut;
    if (Atomics.load(control, CUT) !== (checkpointId | 0)) return;
    const queued = new InFlightData();
    for (let at = Atomics.load(control, CUT_AT); ((end - at) | 0) > 0; at = (at + 1) | 0) {
      const slot = at & mask;
      queued.addEntry(
        headers[slot]![0] as Kind,
        headers[slot]![1]!,
        values[slot]![0]!,
        payloads[slot]!.bytes,
      );
    }
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
    return this.#pool.pop() ?? new Batch(this.#layout, this.#batchRows);
  }

  recycle(batch: Batch): void {
    if (this.#pool.length > 2) return;
    batch.length = 0;
    this.#pool.push(batch);
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

export class RingReceiver implements InputChannel {
  readonly #slots: Slots;
  readonly #slotBytes: number;
  readonly #sender: Doorbell;
  readonly #decoder: BatchDecoder;
  readonly batch: Batch;
  bytes = 0;
  event: ChannelEvent = { kind: 'active' };
  #head = 0;
  #tail = 0;
  #large: CodecMemory | null = null;
  /** of a batch that came in part: its size, and what is here */
  #largeBytes = 0;
  #largeTaken = 0;
  #copies: InFlightData | null = null;

  /** `batch` receives the rows; receivers that are polled one after the other may share it. */
  constructor(ring: RingMemory, sender: Doorbell, layout: BatchLayout, codecs: Codecs, batch: Batch) {
    this.#slots = new Slots(ring);
    this.#slotBytes = ring.slotBytes;
    this.#sender = sender;
    this.#decoder = new BatchDecoder(layout, codecs);
    this.batch = batch;
  }

  poll(): Polled {
    for (;;) {
      if (this.#head === this.#tail) {
        this.#tail = Atomics.load(this.#slots.control, TAIL);
        if (this.#head === this.#tail) return NOTHING;
      }
      const slot = this.#head & this.#slots.mask;
      const header = this.#slots.headers[slot]!;
      const a = header[1]!;
      const b = this.#slots.values[slot]![0]!;
      switch (header[0] as Kind) {
        case Kind.Batch:
          this.#copies?.add(Kind.Batch, a, 0, this.#slots.payloads[slot]!.bytes.subarray(0, a));
          this.#decoder.decode(this.#slots.payloads[slot]!, this.batch);
          this.bytes += a;
          this.#free();
          return BATCH;
        case Kind.Fragment:
          if (this.#takeFragment(this.#slots.payloads[slot]!, a, b)) return BATCH;
          break;
        case Kind.Watermark:
          this.#copies?.watermark(b);
          return this.#takeEvent({ kind: 'watermark', timestamp: b });
        case Kind.Idle:
          return this.#takeEvent({ kind: 'idle' });
        case Kind.Active:
          return this.#takeEvent({ kind: 'active' });
        case Kind.Barrier:
          return this.#takeEvent({ kind: 'barrier', checkpointId: a, timestamp: b });
        case Kind.End:
          return this.#takeEvent({ kind: 'end' });
        case Kind.Closed:
          return this.#takeEvent({ kind: 'closed' });
      }
    }
  }

  release(): void {
    // The slot went back when the rows were decoded.
  }

  announced(checkpointId: number): boolean {
    return announcedPosition(this.#slots.control, checkpointId) !== null;
  }

  copyOvertaken(checkpointId: number, to: InFlightData): void {
    const end = announcedPosition(this.#slots.control, checkpointId)!;
    const { mask, headers, values, payloads } = this.#slots;
    for (let at = this.#head; ((end - at) | 0) > 0; at = (at + 1) | 0) {
      const slot = at & mask;
      to.addEntry(headers[slot]![0] as Kind, headers[slot]![1]!, values[slot]![0]!, payloads[slot]!.bytes);
    }
  }

  copyTaken(to: InFlightData | null): void {
    this.#copies = to;
    // The sender has the rest of it, or it is queued.
    if (this.#largeTaken > 0)
      to?.add(Kind.Fragment, this.#largeBytes, 0, this.#large!.bytes.subarray(0, this.#largeTaken));
  }

  get queued(): number {
    return (Atomics.load(this.#slots.control, TAIL) - this.#head) | 0;
  }

  #takeEvent(event: ChannelEvent): Polled {
    this.event = event;
    this.#free();
    return EVENT;
  }

  #takeFragment(piece: CodecMemory, total: number, start: number): boolean {
    if (!this.#large || this.#large.length < total)
      this.#large = new CodecMemory(new ArrayBuffer((total + 7) & ~7));
    const length = Math.min(this.#slotBytes, total - start);
    piece.bytes.copy(this.#large.bytes, start, 0, length);
    this.#copies?.add(Kind.Fragment, total, start, piece.bytes.subarray(0, length));
    this.#free();
    this.#largeBytes = total;
    this.#largeTaken = start + length;
    if (this.#largeTaken < total) return false;
    this.#largeTaken = 0;
    this.#decoder.decode(this.#large, this.batch);
    this.bytes += total;
    // One wide row should not hold its memory for the rest of the job.
    if (total > 8 * this.#slotBytes) this.#large = null;
    return true;
  }

  #free(): void {
    const { control } = this.#slots;
    this.#head = (this.#head + 1) | 0;
    Atomics.store(control, HEAD, this.#head);
    if (Atomics.load(control, SENDER_WAITS) === 0) return;
    // Not at the first free slot: a sender woken for each would sleep again after one batch.
    if (this.queued > this.#slots.count >> 1) return;
    Atomics.store(control, SENDER_WAITS, 0);
    this.#sender.ring();
  }
}
