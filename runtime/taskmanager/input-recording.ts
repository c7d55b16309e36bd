/**
 * The receiving side of channel state (§9.3): what comes on the channels of a subtask between its snapshot and their
 * barriers. Rows are processed all the same, so only copies are kept.
 */
import type { InputChannel } from '../exchange/channel.js';
import { InFlightData } from '../exchange/in-flight-data.js';
import type { BarrierLane } from './barrier-aligner.js';

export interface RecordedLane extends BarrierLane {
  readonly input: number;
  /** index within the input */
  readonly index: number;
  readonly channel: InputChannel;
}

export class InputRecording {
  readonly checkpointId: number;
  /** by channel */
  readonly data = new Map<RecordedLane, InFlightData>();
  /** A barrier came that ends this checkpoint: its own will not come any more. */
  superseded = false;
  /** their barriers have not come */
  readonly #open = new Set<RecordedLane>();

  /** `delivered`: channels whose barriers have come in their turn */
  constructor(checkpointId: number, lanes: readonly RecordedLane[], delivered: ReadonlySet<BarrierLane>) {
    this.checkpointId = checkpointId;
    for (const lane of lanes) {
      if (lane.closed || !lane.overtakable) continue;
      const data = new InFlightData();
      this.data.set(lane, data);
      // Also where the barrier has come: it may have overtaken the rest of a batch that travels in pieces.
      lane.channel.copyTaken(data);
      if (delivered.has(lane)) lane.channel.copyTaken(null);
      else this.#open.add(lane);
    }
  }

  get complete(): boolean {
    return this.#open.size === 0 && !this.superseded;
  }

  /** Looks for barriers that are ahead of their turn. */
  advance(): void {
    for (const lane of this.#open) {
      if (!lane.closed) {
        if (!lane.channel.announced(this.checkpointId)) continue;
        lane.channel.copyOvertaken(this.checkpointId, this.data.get(lane)!);
      }
      this.#end(lane);
    }
  }

  /** A barrier has come in its turn. */
  onBarrier(lane: RecordedLane, checkpointId: number): void {
    if (!this.#open.has(lane)) return;
    if (checkpointId > this.checkpointId) this.cancel();
    else if (checkpointId === this.checkpointId) this.#end(lane);
  }

  cancel(): void {
    if (this.#open.size > 0) this.superseded = true;
    for (const lane of this.#open) this.#end(lane);
  }

  #end(lane: RecordedLane): void {
    lane.channel.copyTaken(null);
    this.#open.delete(lane);
  }
}
