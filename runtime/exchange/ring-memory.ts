/**
 * The shared memory of a ring. Slot: u32 kind | u32 a | f64 b | payload. Events use a and b only.
 */

// Indices into the control words; a cache line apart because two cores write them.
export const TAIL = 0;
export const HEAD = 16;
export const SENDER_WAITS = 32;
// Written by the sender, once per checkpoint: the last barrier and its position, also before it is there for want of
// credit. Receivers that let barriers overtake need not come to it first.
const BARRIER = 48;
const BARRIER_AT = 49;
// The position of the end of the channel, and whether there is one.
const CLOSED = 50;
const CLOSED_AT = 51;
// Where the other end is the network: the barrier that is to overtake what is queued here, and what the network says to
// that: the barrier it has let past, and the position of the first entry that was overtaken.
export const OVERTAKE = 52;
export const CUT = 53;
export const CUT_AT = 54;
export const CONTROL_BYTES = 256;
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

/** Between processes, never in a ring: a barrier will be the next entry, as soon as there is credit. Needs none itself. */
export const ANNOUNCE = 9;

/** Announces the barrier that is, or will be, at this position. */
export function announceBarrier(control: Int32Array, checkpointId: number, position: number): void {
  // A reader that finds the same id before and after has read the position that belongs to it.
  Atomics.store(control, BARRIER, 0);
  Atomics.store(control, BARRIER_AT, position);
  Atomics.store(control, BARRIER, checkpointId | 0);
}

export function announceClosed(control: Int32Array, position: number): void {
  Atomics.store(control, CLOSED_AT, position);
  Atomics.store(control, CLOSED, 1);
}

/** Up to where a channel is to be stored with the checkpoint; null: not known yet. */
export function announcedPosition(control: Int32Array, checkpointId: number): number | null {
  const id = Atomics.load(control, BARRIER);
  if (id === (checkpointId | 0)) {
    const position = Atomics.load(control, BARRIER_AT);
    if (Atomics.load(control, BARRIER) === id) return position;
  }
  return Atomics.load(control, CLOSED) === 1 ? Atomics.load(control, CLOSED_AT) : null;
}

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
