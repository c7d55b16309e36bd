/** The slots of a ring as the threads at its ends see them: a view for each, made once. */
import { CodecMemory } from './batch-codec.js';
import type { InFlightData } from './in-flight-data.js';
import { CONTROL_BYTES, SLOT_HEADER, type Kind, type RingMemory } from './ring-memory.js';

export class RingSlots {
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

  /** What is stored of the entries [from, end). */
  copy(from: number, end: number, to: InFlightData): void {
    for (let at = from; ((end - at) | 0) > 0; at = (at + 1) | 0) {
      const slot = at & this.mask;
      const [kind, a] = this.headers[slot]!;
      to.addEntry(kind as Kind, a!, this.values[slot]![0]!, this.payloads[slot]!.bytes);
    }
  }
}
