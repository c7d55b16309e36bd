/** Connects a deployed subtask to its channels. */
import { Batch } from '../../plugins/api/batch.js';
import type { BatchLayout } from '../../plugins/api/batch.js';
import type { TaskModule } from '../contract/task.js';
import type { InputChannel, OutputChannel } from '../exchange/channel.js';
import type { Codecs } from '../exchange/codecs.js';
import { Doorbell } from '../exchange/doorbell.js';
import { LocalChannel } from '../exchange/local-channel.js';
import { EndedChannel } from '../exchange/ended-channel.js';
import { ChannelGate } from '../exchange/output-gate.js';
import { RingReceiver, RingSender } from '../exchange/ring.js';
import type { ChannelDeployment, SubtaskDeployment } from './messages.js';
import type { ChannelMemory } from './slot-memory.js';
import type { OpenedStates } from './open-states.js';
import type { SubtaskHost } from './subtask-host.js';
import { Subtask } from './subtask.js';

/** Channels between the subtasks of one thread: made by whichever end comes first. */
export class LocalChannels {
  readonly #channels = new Map<number, LocalChannel>();
  readonly #batchRows: number;
  readonly #credits: number;

  constructor(batchRows: number, credits: number) {
    this.#batchRows = batchRows;
    this.#credits = credits;
  }
  get(id: number, layout: BatchLayout, codecs: Codecs): LocalChannel {
    let channel = this.#channels.get(id);
    if (!channel) {
      channel = new LocalChannel({ layout, codecs, batchRows: this.#batchRows, credits: this.#credits });
      this.#channels.set(id, channel);
    }
    return channel;
  }
}

export function wireSubtask(
  host: SubtaskHost,
  deployment: SubtaskDeployment,
  module: TaskModule,
  locals: LocalChannels,
  memory: ReadonlyMap<number, ChannelMemory>,
  states: OpenedStates,
): Subtask {
  const { batchRows } = host;
  const inputs = deployment.inputs.map(({ channels }, i): readonly InputChannel[] => {
    const { layout, codecs } = module.inputs[i]!;
    // Channels are polled one after the other, so those that copy rows out of shared memory copy into one batch.
    const shared = new Batch(layout, batchRows);
    return channels.map(({ id, ended }: ChannelDeployment) => {
      if (ended) return new EndedChannel(shared);
      const outside = memory.get(id);
      return outside
        ? new RingReceiver(outside.ring, new Doorbell(outside.peer), layout, codecs, shared)
        : locals.get(id, layout, codecs);
    });
  });
  const gates = deployment.outputs.map((output, i) => {
    const { layout, codecs } = module.outputs[i]!;
    const channels = output.channels.map(({ id }): OutputChannel => {
      const outside = memory.get(id);
      return outside
        ? new RingSender(outside.ring, new Doorbell(outside.peer), layout, codecs, batchRows, outside.remote)
        : locals.get(id, layout, codecs);
    });
    return new ChannelGate(channels, output.maxParallelism, output.overtakable);
  });
  return new Subtask(host, deployment, module, inputs, gates, states);
}
