/**
 * The shared memory of a ring. Slot: u32 kind | u32 a | f64 b | payload. Events use a and b only.
 */

// Indices into the control words; a cache line apart because two cores write them.
export const TAIL = 0;
export const HEAD = 16;
export const SENDER_WAITS = 32;
export const CONTROL_BYTES = 192;
export const SLOT_HEADER = 16;

/** Fragment: a is the size of the whole batch, b where this piece starts. */
export const Kind = {
  Batch: 1,
  Fragment: 2,
  Watermark: 3,
  Idle: 4,
  Active: 5,
  Barrier: 6,
  End: 7,
  Closed: 8,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** Plain data that can be posted to the two threads. */
export interface RingMemory {
  readonly memory: SharedArrayBuffer;
  readonly slots: number;
  readonly slotBytes: number;
}

/** `slots` must be a power of two: positions wrap around at 2^32. */
export function allocateRing(slots: number, slotBytes: number): RingMemory {
  const rounded = (slotBytes + 7) & ~7;
  return {
    memory: new SharedArrayBuffer(CONTROL_BYTES + slots * (SLOT_HEADER + rounded)),
    slots,
    slotBytes: rounded,
  };
}
