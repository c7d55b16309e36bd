/**
 * What one subtask stores of the channels at its two sides for a checkpoint whose barriers may overtake (§9.3). It is
 * complete once the barrier has come on every input and has left on every output.
 */
import type { Barrier } from '../exchange/channel.js';
import type { InFlightData } from '../exchange/in-flight-data.js';
import type { ChannelGate } from '../exchange/output-gate.js';
import type { InputRecording } from './input-recording.js';
import type { SubtaskDeployment } from './messages.js';

/** A channel between two subtasks, by what stays the same when the job is deployed anew. */
export interface ChannelName {
  /** uidHash of the first operator of the receiving task */
  readonly receiver: string;
  readonly input: number;
  /** of those that lead to the input */
  readonly exchange: number;
  /** subtasks */
  readonly from: number;
  readonly to: number;
}
export interface RecordedChannel extends ChannelName {
  readonly side: 'input' | 'output';
  /** index of the input or output of the task that recorded it */
  readonly end: number;
  readonly data: InFlightData;
}
export interface RecordedChannels {
  /** those in which something was overtaken */
  readonly channels: readonly RecordedChannel[];
  /** Some barrier did not come, or leave, in its turn. */
  readonly overtook: boolean;
  /** when the barrier had come on every input, performance.now() */
  readonly alignedAt: number;
  /** bytes of input so far then */
  readonly bytesIn: number;
}

export class InFlightRecording {
  readonly barrier: Barrier;
  /** null: cancelled */
  readonly done: Promise<RecordedChannels | null>;
  readonly #deployment: SubtaskDeployment;
  /** uidHash of the first operator of the task */
  readonly #self: string;
  readonly #inputs: InputRecording | null;
  readonly #gates: readonly ChannelGate[];
  readonly #bytesIn: () => number;
  #resolve: (recorded: RecordedChannels | null) => void = () => {};
  #aligned: Pick<RecordedChannels, 'alignedAt' | 'bytesIn'> | null = null;
  #overtook = false;

  constructor(options: {
    readonly barrier: Barrier;
    readonly deployment: SubtaskDeployment;
    readonly self: string;
    readonly inputs: InputRecording | null;
    readonly gates: readonly ChannelGate[];
    readonly bytesIn: () => number;
  }) {
    this.barrier = options.barrier;
    this.#deployment = options.deployment;
    this.#self = options.self;
    this.#inputs = options.inputs;
    this.#gates = options.gates;
    this.#bytesIn = options.bytesIn;
    this.done = new Promise(resolve => {
      this.#resolve = resolve;
    });
  }

  /** True: complete or cancelled. `overtakes`: barriers that are stuck in outputs go ahead now. */
  advance(overtakes: boolean): boolean {
    const { checkpointId } = this.barrier;
    this.#inputs?.advance();
    if (this.#inputs?.superseded) {
      this.cancel();
      return true;
    }
    if (this.#inputs?.complete !== false)
      this.#aligned ??= { alignedAt: performance.now(), bytesIn: this.#bytesIn() };
    this.#overtook ||= overtakes;
    if (overtakes) for (const gate of this.#gates) gate.overtake(this.barrier);
    const outputs = this.#gates.map(gate => gate.overtaken(checkpointId));
    if (!this.#aligned || outputs.includes(null)) return false;
    const channels = [
      ...this.#inputChannels(),
      ...outputs.flatMap((overtaken, end) => this.#outputChannels(overtaken!, end)),
    ];
    this.#resolve({
      channels: channels.filter(({ data }) => data.bytes > 0),
      overtook: this.#overtook,
      ...this.#aligned,
    });
    return true;
  }

  cancel(): void {
    this.#inputs?.cancel();
    this.#resolve(null);
  }

  #inputChannels(): readonly RecordedChannel[] {
    const { inputs, subtask } = this.#deployment;
    return [...(this.#inputs?.data ?? [])].map(([{ input, index }, data]) => ({
      side: 'input',
      end: input,
      receiver: this.#self,
      input,
      ...senderOf(inputs[input]!.exchanges, index),
      to: subtask,
      data,
    }));
  }

  #outputChannels(overtaken: readonly InFlightData[], end: number): readonly RecordedChannel[] {
    const { outputs, subtask } = this.#deployment;
    const { operator, input, exchange, firstSubtask } = outputs[end]!.receiver;
    return overtaken.map((data, channel) => ({
      side: 'output',
      end,
      receiver: operator,
      input,
      exchange,
      from: subtask,
      to: firstSubtask + channel,
      data,
    }));
  }
}

/** Whose channel `index` of an input is. */
function senderOf(
  exchanges: SubtaskDeployment['inputs'][number]['exchanges'],
  index: number,
): { readonly exchange: number; readonly from: number } {
  let first = 0;
  for (const [exchange, { firstSender, senders }] of exchanges.entries()) {
    if (index < first + senders) return { exchange, from: firstSender + index - first };
    first += senders;
  }
  throw new Error(`an input has no channel ${index}`);
}
