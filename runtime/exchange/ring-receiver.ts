/** The receiving end of a ring. */
import type { Batch } from '../../plugins/api/batch.js';
import type { BatchLayout } from '../../plugins/api/batch.js';
import { BatchDecoder, CodecMemory } from './batch-codec.js';
import { BATCH, EVENT, NOTHING } from './channel.js';
import type { ChannelEvent, InputChannel, Polled } from './channel.js';
import type { Codecs } from './codecs.js';
import type { Doorbell } from './doorbell.js';
import type { InFlightData } from './in-flight-data.js';
import { announcedPosition, HEAD, Kind, SENDER_WAITS, TAIL, type RingMemory } from './ring-memory.js';
import { RingSlots } from './ring-slots.js';

export class RingReceiver implements InputChannel {
  readonly #slots: RingSlots;
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
    this.#slots = new RingSlots(ring);
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
    this.#slots.copy(this.#head, end, to);
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
