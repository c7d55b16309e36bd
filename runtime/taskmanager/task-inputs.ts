/**
 * The receiving side of a subtask: takes turns between the channels of all inputs, combines watermarks, aligns
 * barriers and notices the end. What it finds, it says to a handler; rows are handed on as batches.
 */
import type { Batch } from '../../plugins/api/batch.js';
import { BATCH, NOTHING } from '../exchange/channel.js';
import type { ChannelEvent, InputChannel } from '../exchange/channel.js';
import { BarrierAligner } from './barrier-aligner.js';
import { InputRecording, type RecordedLane } from './input-recording.js';
import { TaskInputWatermarks } from '../operators/watermarks/task-input-watermarks.js';

export interface TaskInputsHandler {
  onBatch(input: number, batch: Batch): void;
  onWatermark(watermark: number): void;
  onIdle(idle: boolean): void;
  /** Barriers of this checkpoint have arrived, as far as they must. No row after it was handed on. */
  onBarrier(checkpointId: number): void;
  /** Every channel of every input has ended. */
  onEndOfInput(): void;
}

interface Lane extends RecordedLane {
  ended: boolean;
}

export class TaskInputs {
  readonly #lanes: readonly Lane[];
  readonly #handler: TaskInputsHandler;
  readonly #watermarks: TaskInputWatermarks;
  #openLanes: number;
  readonly #barriers: BarrierAligner;
  #turn = 0;
  /** the checkpoint whose first barrier came last, when that was, and the bytes of input until then */
  #alignment = { checkpointId: 0, startedAt: 0, bytes: 0 };
  #recording: InputRecording | null = null;

  /** `channels[i]`: those of input i. `overtakable(i, c)`: barriers may overtake in channel c of it. */
  constructor(
    channels: readonly (readonly InputChannel[])[],
    handler: TaskInputsHandler,
    mode: 'EXACTLY_ONCE' | 'AT_LEAST_ONCE' = 'EXACTLY_ONCE',
    overtakable: (input: number, channel: number) => boolean = () => false,
  ) {
    this.#lanes = channels.flatMap((list, input) =>
      list.map((channel, index) => ({
        input,
        index,
        channel,
        blocked: false,
        ended: false,
        closed: false,
        overtakable: overtakable(input, index),
      })),
    );
    this.#handler = handler;
    this.#watermarks = new TaskInputWatermarks(
      channels.map(list => list.length),
      handler,
    );
    this.#openLanes = this.#lanes.length;
    this.#barriers = new BarrierAligner(this.#lanes, mode, (checkpointId, delivered) => {
      this.#recording = new InputRecording(checkpointId, this.#lanes, delivered);
      handler.onBarrier(checkpointId);
    });
  }

  /** Takes one element; false when no channel has one that may be taken now. */
  next(): boolean {
    const lanes = this.#lanes;
    const n = lanes.length;
    for (let i = 0; i < n; i++) {
      const at = this.#turn;
      this.#turn = at + 1 === n ? 0 : at + 1;
      const lane = lanes[at]!;
      if (lane.blocked || lane.closed) continue;
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

  /** Of a channel, from before the restore. */
  onRecoveredWatermark(input: number, channel: number, watermark: number): void {
    this.#watermarks.onWatermark(input, channel, watermark);
  }

  abortCheckpoint(checkpointId: number): void {
    this.#barriers.abort(checkpointId);
    if (this.#recording?.checkpointId === checkpointId) this.#recording.cancel();
  }

  /** A barrier that is under way need not come in its turn (§9.3). True: it did not, and the handler knows. */
  overtake(checkpointId: number): boolean {
    return this.#barriers.overtake(checkpointId, lane => {
      const { channel } = lane as Lane;
      if (!channel.announced(checkpointId)) return false;
      this.#startAlignment(checkpointId);
      return true;
    });
  }

  /** Of what comes until the barriers of this checkpoint do. */
  recordingOf(checkpointId: number): InputRecording | null {
    return this.#recording?.checkpointId === checkpointId ? this.#recording : null;
  }

  /** When the first barrier of the checkpoint came (performance.now()), and the bytes of input until then. */
  alignmentOf(checkpointId: number): { readonly startedAt: number; readonly bytes: number } | null {
    return this.#alignment.checkpointId === checkpointId ? this.#alignment : null;
  }

  /** No rows follow; barriers may. */
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
        this.#startAlignment(event.checkpointId);
        this.#recording?.onBarrier(lane, event.checkpointId);
        this.#barriers.onBarrier(lane, event.checkpointId);
        return;
      case 'end':
        lane.ended = true;
        if (--this.#openLanes === 0) this.#handler.onEndOfInput();
        return;
      case 'closed':
        lane.closed = true;
        this.#barriers.onClosed();
        return;
    }
  }

  #startAlignment(checkpointId: number): void {
    if (checkpointId > this.#alignment.checkpointId)
      this.#alignment = { checkpointId, startedAt: performance.now(), bytes: this.bytes };
  }
}
