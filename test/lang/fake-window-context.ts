/** One key's state, timers and clocks for triggers, kept per window. */
import type { DescriptorOf } from '../../plugins/api/functions.js';
import type { StateDescriptorLike } from '../../plugins/api/state.js';
import { MIN_TIMESTAMP } from '../../plugins/api/types.js';
import type { OnMergeContext } from '../../plugins/api/windowing.js';

export class FakeTriggerContext implements OnMergeContext {
  now = 0;
  watermark: number = MIN_TIMESTAMP;
  readonly eventTimers = new Set<number>();
  readonly processingTimers = new Set<number>();
  /** of the window the context stands for */
  readonly state = new Map<string, unknown>();
  /** of the windows that are merged into it */
  merged: readonly FakeTriggerContext[] = [];

  currentProcessingTime(): number {
    return this.now;
  }
  currentWatermark(): number {
    return this.watermark;
  }
  registerEventTimeTimer(time: number): void {
    this.eventTimers.add(time);
  }
  registerProcessingTimeTimer(time: number): void {
    this.processingTimers.add(time);
  }
  deleteEventTimeTimer(time: number): void {
    this.eventTimers.delete(time);
  }
  deleteProcessingTimeTimer(time: number): void {
    this.processingTimers.delete(time);
  }

  getPartitionedState<S>(descriptor: DescriptorOf<string, S>): S {
    const { name } = descriptor;
    const get = (): unknown => this.state.get(name) ?? null;
    const handle = {
      value: get,
      get,
      update: (value: unknown) => this.state.set(name, value),
      add: (value: unknown) => this.#reduce(descriptor, value),
      clear: () => this.state.delete(name),
    };
    return handle as S;
  }

  mergePartitionedState(descriptor: StateDescriptorLike): void {
    for (const part of this.merged) {
      if (part.state.has(descriptor.name)) this.#reduce(descriptor, part.state.get(descriptor.name));
    }
  }

  #reduce({ name, reduceFunction }: StateDescriptorLike, value: unknown): void {
    const reduce = reduceFunction as (a: unknown, b: unknown) => unknown;
    this.state.set(name, this.state.has(name) ? reduce(this.state.get(name), value) : value);
  }
}
