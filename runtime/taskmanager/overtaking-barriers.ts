/**
 * The barriers of one subtask, and what those that overtake leave behind in the channels (§9.3). Of one checkpoint at a
 * time: more are not under way together where barriers may overtake.
 */
import type { ChannelGate } from '../exchange/output-gate.js';
import { InFlightRecording } from './in-flight-recording.js';
import type { CheckpointRequest, SubtaskDeployment } from './messages.js';
import type { TaskInputs } from './task-inputs.js';

export interface OvertakingBarriersOptions {
  readonly deployment: SubtaskDeployment;
  /** uidHash of the first operator of the task */
  readonly self: string;
  /** null: a source */
  readonly inputs: TaskInputs | null;
  readonly gates: readonly ChannelGate[];
  /** milliseconds of epoch, as timestamps of checkpoints are */
  readonly now: () => number;
}

export class OvertakingBarriers {
  readonly #options: OvertakingBarriersOptions;
  /** of the last checkpoint; null: complete */
  #recording: InFlightRecording | null = null;

  constructor(options: OvertakingBarriersOptions) {
    this.#options = options;
  }

  /** Sends the barrier behind, or ahead of, what is in the outputs. What is recorded; null: nothing overtakes. */
  send(request: CheckpointRequest): InFlightRecording | null {
    const { deployment, self, inputs, gates } = this.#options;
    const { checkpointId, timestamp, options } = request;
    const overtakes = this.#mayOvertake(request);
    const barrier = { kind: 'barrier', checkpointId, timestamp } as const;
    for (const gate of gates) gate.sendBarrier(barrier, overtakes);
    this.cancel();
    this.#recording = null;
    if (options.unalignedAfterMs === null) return null;
    const recording = new InFlightRecording({
      barrier,
      deployment,
      self,
      inputs: inputs?.recordingOf(checkpointId) ?? null,
      gates,
      bytesIn: () => inputs?.bytes ?? 0,
    });
    if (!recording.advance(overtakes)) this.#recording = recording;
    return recording;
  }

  /** Goes on with what is recorded. True: barriers of `request` that are still on their way into the subtask may overtake. */
  advance(request: CheckpointRequest): boolean {
    const overtakes = this.#mayOvertake(request);
    if (this.#recording?.advance(overtakes)) this.#recording = null;
    return overtakes;
  }

  /** Records nothing more: of any checkpoint, or of this one. */
  cancel(checkpointId?: number): void {
    if (checkpointId === undefined || this.#recording?.barrier.checkpointId === checkpointId)
      this.#recording?.cancel();
  }

  /** The checkpoint is so old that its barriers do not wait for their turn any more. */
  #mayOvertake({ timestamp, options }: CheckpointRequest): boolean {
    const { unalignedAfterMs } = options;
    return unalignedAfterMs !== null && this.#options.now() >= timestamp + unalignedAfterMs;
  }
}

/** Which channels of the subtask's inputs barriers may overtake in. */
export function overtakableIn({ inputs }: SubtaskDeployment): (input: number, channel: number) => boolean {
  const lanes = inputs.map(({ exchanges }) =>
    exchanges.flatMap(({ senders, overtakable }) => Array.from({ length: senders }, () => overtakable)),
  );
  return (input, channel) => lanes[input]![channel]!;
}
