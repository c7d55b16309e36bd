/**
 * The receiving side of a subtask: takes turns between the channels of all inputs, combines watermarks, aligns
 * barriers and notices the end. What it finds, it says to a handler; rows are handed on as batches.
 */
import type { Batch } from '../../plugins/api/batch.js';
import { BATCH, NOTHING } from '../exchange/channel.js';
import type { ChannelEvent, InputChannel } from '../exchange/channel.js';
import { TaskInputWatermarks } from '../operators/watermarks/task-input-watermarks.js';

export interface TaskInputsHandler {
  onBatch(input: number, batch: Batch): void;
  onWatermark(watermark: number): void;
  onIdle(idle: boolean): void;
  /** Barriers of this checkpoint have arrived on every channel. No row after it was handed on. */
  onBarrier(checkpointId: number, timestamp: number): void;
  onEndOfInput(input: number): void;
}

interface Lane {
  readonly input: number;
  /** index within the input */
  readonly index: number;
  readonly channel: InputChannel;
  /** its barrier has arrived, those of other channels have not */
  blocked: boolean;
  ended: boolean;
}

export class TaskInputs {
  readonly #lanes: readonly Lane[];
  readonly #handler: TaskInputsHandler;
  readonly #watermarks: TaskInputWatermarks;
  readonly #openChannels: number[];
  #openLanes: number;
  #turn = 0;
  #checkpointId = 0;
  #barriers = 0;

  /** `channels[i]`: those of input i. */
  constructor(channels: readonly (readonly InputChannel[])[], handler: TaskInputsHandler) {
    this.#lanes = channels.flatMap((list, input) =>
      list.map((channel, index) => ({ input, index, channel, blocked: false, ended: false })),
    );
    this.#handler = handler;
    this.#watermarks = new TaskInputWatermarks(
      channels.map(list => list.length),
      handler,
    );
    this.#openChannels = channels.map(list => list.length);
    this.#openLanes = this.#lanes.length;
  }

  /** Takes one element; false when no channel has one that may be taken now. */
  next(): boolean {
    const lanes = this.#lanes;
    const n = lanes.length;
    for (let i = 0; i < n; i++) {
      const at = this.#turn;
      this.#turn = at + 1 === n ? 0 : at + 1;
      const lane = lanes[at]!;
      if (lane.blocked || lane.ended) continue;
      const polled = lane.channel.poll();
      if (polled === NOTHING) continue;
      if (polled === BATCH) {
        this.#handler.onBatch(lane.input, lane.channel.batch);
        lane.channel.release();
      } else this.#onEvent(lane, lane.channel.event);
      return true;
    }
    return false;
  }

  get ended(): boolean {
    return this.#openLanes === 0;
  }

  watermarkOf(input: number): number {
    return this.#watermarks.watermarkOf(input);
  }

  /** encoded, since the start */
  get bytes(): number {
    let bytes = 0;
    for (const lane of this.#lanes) bytes += lane.channel.bytes;
    return bytes;
  }

  get queued(): number {
    let queued = 0;
    for (const lane of this.#lanes) queued += lane.channel.queued;
    return queued;
  }

  #onEvent(lane: Lane, event: ChannelEvent): void {
    switch (event.kind) {
      case 'watermark':
        this.#watermarks.onWatermark(lane.input, lane.index, event.timestamp);
        return;
      case 'idle':
        this.#watermarks.onIdle(lane.input, lane.index, true);
        return;
      case 'active':
        this.#watermarks.onIdle(lane.input, lane.index, false);
        return;
      case 'barrier':
        this.#onBarrier(lane, event.checkpointId, event.timestamp);
        return;
      case 'end':
        this.#onEnd(lane);
        return;
    }
  }

  #onBarrier(lane: Lane, checkpointId: number, timestamp: number): void {
    // Late barriers of an aborted checkpoint mean nothing; a newer one ends the alignment of the older (§9.2).
    if (checkpointId < this.#checkpointId) return;
    if (checkpointId > this.#checkpointId) {
      this.#unblock();
      this.#checkpointId = checkpointId;
      this.#barriers = 0;
      this.#timestamp = timestamp;
    }
    lane.blocked = true;
    this.#barriers++;
    this.#completeAlignment();
  }

  #timestamp = 0;

  #onEnd(lane: Lane): void {
    lane.ended = true;
    this.#openLanes--;
    // An ended channel counts as having delivered the barrier (§9.2).
    if (this.#barriers > 0) this.#completeAlignment();
    if (--this.#openChannels[lane.input]! === 0) this.#handler.onEndOfInput(lane.input);
  }

  #completeAlignment(): void {
    if (this.#barriers < this.#lanes.reduce((open, lane) => open + (lane.ended && !lane.blocked ? 0 : 1), 0))
      return;
    this.#barriers = 0;
    this.#unblock();
    this.#handler.onBarrier(this.#checkpointId, this.#timestamp);
  }

  #unblock(): void {
    for (const lane of this.#lanes) lane.blocked = false;
  }
}
