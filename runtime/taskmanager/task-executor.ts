/** Runs the slots that a JobMaster deployed here: their memory, their threads, and the messages between the two. */
import { Doorbell } from '../exchange/doorbell.js';
import type { NetworkEnvironment } from '../exchange/network/network-environment.js';
import { faultData } from './faults.js';
import type {
  Attempt,
  ChannelDeployment,
  FaultData,
  SlotDeployment,
  SlotReport,
  SlotRequest,
} from './messages.js';
import { allocateSlotMemory, type SlotMemory } from './slot-memory.js';
import { loadRocksdb } from '../state/rocksdb/package.js';
import { SlotThread } from './slot-thread.js';

/** Between a slot's last word and the end of its thread. */
const threadEndGraceMs = 1_000;

export interface SlotEvents {
  onReport(report: SlotReport): void;
  /** The slot is gone without having said 'stopped'. */
  onLost(slot: number, fault: FaultData): void;
}

interface DeployedSlot {
  readonly thread: SlotThread;
  readonly attempt: Attempt;
  /** those that leave the process are among them */
  readonly channels: SlotMemory['channels'];
}

export class TaskExecutor {
  readonly id: string;
  readonly dataAddress = null;
  /** by job, attempt and slot */
  readonly #slots = new Map<string, DeployedSlot>();
  readonly #network: NetworkEnvironment | null;

  /** Without network, all slots of a job are here. */
  constructor(id: string, network: NetworkEnvironment | null = null) {
    this.id = id;
    this.#network = network;
  }

  /**
   * Starts one thread per slot. Slots that have channels to each other come in one call. `addresses`: where other
   * TaskManagers send records from, by id.
   */
  deploy(
    slots: readonly SlotDeployment[],
    events: SlotEvents,
    addresses: ReadonlyMap<string, string> = new Map(),
  ): void {
    // Here first: a thread that was the only one to load it would take it with it when it ends.
    if (slots.some(({ settings }) => settings.stateBackend.type === 'rocksdb')) loadRocksdb();
    const memory = allocateSlotMemory(this.id, slots, this.#network?.doorbell ?? null);
    for (const deployment of slots) {
      const own = memory.get(deployment.slot)!;
      this.#connect(deployment, own, events, addresses);
      const { jobId, attempt, slot } = deployment;
      this.#slots.set(keyOf(deployment, slot), {
        thread: new SlotThread({ deployment, memory: own }, events),
        attempt: { jobId, attempt },
        channels: own.channels,
      });
    }
  }

  /** A request to a slot that is gone, or of an attempt that was never here, has no effect. */
  send(slot: number, request: SlotRequest): void {
    this.#slots.get(keyOf(request, slot))?.thread.send(request);
  }

  /** After 'stopped': resolves when the thread has ended. `force`: for a thread that does not stop by itself. */
  async release(attempt: Attempt, slot: number, force: boolean): Promise<void> {
    const key = keyOf(attempt, slot);
    const deployed = this.#slots.get(key);
    if (!deployed) return;
    const { thread } = deployed;
    await (force ? thread.terminate() : thread.end(threadEndGraceMs));
    this.#slots.delete(key);
    this.#disconnect(deployed);
  }

  /** Ends all slots at once, without a word to anybody. */
  async releaseAll(): Promise<void> {
    const slots = [...this.#slots.values()];
    this.#slots.clear();
    for (const deployed of slots) this.#disconnect(deployed);
    await Promise.all(slots.map(({ thread }) => thread.terminate()));
  }

  #disconnect({ attempt: { jobId, attempt }, channels }: DeployedSlot): void {
    this.#network?.release(
      key => key.jobId === jobId && key.attempt === attempt && channels.has(key.channel),
    );
  }

  /** Hands the channels that leave the process to the network. */
  #connect(
    deployment: SlotDeployment,
    { channels, doorbell }: SlotMemory,
    events: SlotEvents,
    addresses: ReadonlyMap<string, string>,
  ): void {
    const { jobId, attempt, slot, subtasks } = deployment;
    const slotBell = new Doorbell(doorbell);
    const connect = (end: 'offer' | 'pull', { id, peer }: ChannelDeployment): void => {
      if (peer.executor === this.id) return;
      this.#network![end]({
        jobId,
        attempt,
        channel: id,
        ring: channels.get(id)!.ring,
        slot: slotBell,
        peer: { id: peer.executor, address: addresses.get(peer.executor) ?? '' },
        onFault: error => {
          const fault = faultData(error, 'FC5603', 'external', 'the network failed');
          events.onReport({ jobId, attempt, slot, type: 'failed', fault });
        },
      });
    };
    for (const { inputs, outputs } of subtasks) {
      for (const { channels: sending } of outputs) for (const channel of sending) connect('offer', channel);
      for (const { channels: receiving } of inputs) for (const channel of receiving) connect('pull', channel);
    }
  }
}

const keyOf = ({ jobId, attempt }: Attempt, slot: number): string => `${jobId}/${attempt}/${slot}`;
