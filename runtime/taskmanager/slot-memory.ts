/** Memory that the thread of a slot shares with its peers: rings of channels, and who to wake at their other end. */
import { Doorbell } from '../exchange/doorbell.js';
import { allocateRing, type RingMemory } from '../exchange/ring.js';
import type { ChannelDeployment, SlotDeployment } from './messages.js';

/**
 * Slots of a ring are the credits of a channel; a power of two. Enough that a sender goes on for a while when the
 * receiver's thread has lost its core: what waits then costs memory, a sender that sleeps costs a switch of threads.
 */
const ringSlots = 32;
/** What all channels of a deployment may take together before their slots get smaller. Untouched memory costs nothing. */
const ringBudgetBytes = 256 * 2 ** 20;
const smallestSlotBytes = 8 * 2 ** 10;

/** Plain data, posted to the thread. */
export interface SlotMemory {
  readonly doorbell: SharedArrayBuffer;
  /** by channel id; channels within the slot have none */
  readonly channels: ReadonlyMap<number, ChannelMemory>;
}
export interface ChannelMemory {
  readonly ring: RingMemory;
  /** of the thread at the other end */
  readonly peer: SharedArrayBuffer;
}

/** One ring per channel that leaves a slot, for slots that are deployed together. */
export function allocateSlotMemory(
  executor: string,
  slots: readonly SlotDeployment[],
): ReadonlyMap<number, SlotMemory> {
  const doorbells = new Map(slots.map(({ slot }) => [slot, Doorbell.allocate()]));
  const crossing = slots.flatMap(deployment =>
    channelsOf(deployment).filter(({ peer }) => peer.executor !== executor || peer.slot !== deployment.slot),
  );
  const count = new Set(crossing.map(({ id }) => id)).size;
  const fair = Math.floor(ringBudgetBytes / Math.max(1, count * ringSlots));
  const slotBytes = Math.max(smallestSlotBytes, Math.min(slots[0]!.settings.segmentBytes, fair));
  const rings = new Map<number, RingMemory>();
  for (const { id } of crossing) if (!rings.has(id)) rings.set(id, allocateRing(ringSlots, slotBytes));
  return new Map(
    slots.map(deployment => [
      deployment.slot,
      {
        doorbell: doorbells.get(deployment.slot)!,
        channels: new Map(
          channelsOf(deployment).flatMap(({ id, peer }): readonly (readonly [number, ChannelMemory])[] => {
            const ring = rings.get(id);
            return ring ? [[id, { ring, peer: doorbells.get(peer.slot)! }]] : [];
          }),
        ),
      },
    ]),
  );
}

function channelsOf({ subtasks }: SlotDeployment): readonly ChannelDeployment[] {
  return subtasks.flatMap(({ inputs, outputs }) =>
    [...inputs, ...outputs].flatMap(({ channels }) => channels),
  );
}
