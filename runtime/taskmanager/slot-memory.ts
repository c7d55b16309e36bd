/** Memory that the thread of a slot shares with its peers: rings of channels, and who to wake at their other end. */
import { Doorbell } from '../exchange/doorbell.js';
import { allocateRing, type RingMemory } from '../exchange/ring.js';
import type { ChannelDeployment, SlotDeployment } from './messages.js';

/**
 * Slots of a ring are the credits of a channel; a power of two. Enough that a sender goes on for a while when the
 * receiver's thread has lost its core: what waits then costs memory, a sender that sleeps costs a switch of threads.
 */
export const ringSlots = 32;
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
  /** the other end is the network */
  readonly remote: boolean;
}

/**
 * One ring per channel that leaves a slot, for slots that are deployed together. `network`: doorbell of whoever passes on
 * what goes to other processes.
 */
export function allocateSlotMemory(
  executor: string,
  slots: readonly SlotDeployment[],
  network: SharedArrayBuffer | null,
): ReadonlyMap<number, SlotMemory> {
  const doorbells = new Map(slots.map(({ slot }) => [slot, Doorbell.allocate()]));
  const rings = new Map<number, RingMemory>();
  const channelMemory = (deployment: SlotDeployment, { id, peer }: ChannelDeployment): ChannelMemory => {
    const ring = rings.get(id) ?? allocateRing(ringSlots, deployment.settings.segmentBytes);
    rings.set(id, ring);
    const doorbell = peer.executor === executor ? doorbells.get(peer.slot) : network;
    if (!doorbell)
      throw new Error(`channel ${id} leads to slot ${peer.slot} of '${peer.executor}', which is not there`);
    return { ring, peer: doorbell, remote: peer.executor !== executor };
  };
  return new Map(
    slots.map(deployment => [
      deployment.slot,
      {
        doorbell: doorbells.get(deployment.slot)!,
        channels: new Map(
          channelsOf(deployment)
            .filter(({ peer }) => peer.executor !== executor || peer.slot !== deployment.slot)
            .map(channel => [channel.id, channelMemory(deployment, channel)]),
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
