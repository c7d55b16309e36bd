import { ship, type Shippable, type ShipReference } from '../../../plugins/api/shipping.js';
import type { Duration } from '../../../plugins/api/types.js';
import type { Trigger, TriggerContext, TriggerResult, Window } from '../../../plugins/api/windowing.js';
import { ValueStateDescriptor } from '../state.js';

const timeout = /* @__PURE__ */ new ValueStateDescriptor<number>('timeout');

/**
 * The nested trigger, and a firing `interval` of processing time after a window's first record (or its last, with
 * `resetTimerOnNewRecord`) when the nested one has not fired by then. flink: ProcessingTimeoutTrigger
 */
export class ProcessingTimeoutTrigger<T, W extends Window> implements Trigger<T, W>, Shippable {
  readonly builtin = 'processingTimeout';
  readonly nested: Trigger<T, W>;
  readonly interval: number;
  readonly resetTimerOnNewRecord: boolean;
  readonly shouldClearOnTimeout: boolean;

  constructor(
    nested: Trigger<T, W>,
    interval: Duration,
    resetTimerOnNewRecord = false,
    shouldClearOnTimeout = true,
  ) {
    this.nested = nested;
    this.interval = interval;
    this.resetTimerOnNewRecord = resetTimerOnNewRecord;
    this.shouldClearOnTimeout = shouldClearOnTimeout;
  }

  static of<T, W extends Window>(
    nested: Trigger<T, W>,
    interval: Duration,
    resetTimerOnNewRecord?: boolean,
    shouldClearOnTimeout?: boolean,
  ): ProcessingTimeoutTrigger<T, W> {
    return new ProcessingTimeoutTrigger(nested, interval, resetTimerOnNewRecord, shouldClearOnTimeout);
  }

  onElement(element: T, timestamp: number, window: W, context: TriggerContext): TriggerResult {
    const result = this.nested.onElement(element, timestamp, window, context);
    if (result === 'FIRE' || result === 'FIRE_AND_PURGE') {
      this.clear(window, context);
      return result;
    }
    const state = context.getPartitionedState(timeout);
    const pending = state.value();
    if (pending !== null) {
      if (!this.resetTimerOnNewRecord) return result;
      context.deleteProcessingTimeTimer(pending);
    }
    const time = context.currentProcessingTime() + this.interval;
    state.update(time);
    context.registerProcessingTimeTimer(time);
    return result;
  }

  onEventTime(time: number, window: W, context: TriggerContext): TriggerResult {
    return this.#fire(this.nested.onEventTime(time, window, context), window, context);
  }

  onProcessingTime(time: number, window: W, context: TriggerContext): TriggerResult {
    return this.#fire(this.nested.onProcessingTime(time, window, context), window, context);
  }

  #fire(nested: TriggerResult, window: W, context: TriggerContext): TriggerResult {
    if (this.shouldClearOnTimeout) this.clear(window, context);
    return nested === 'PURGE' || nested === 'FIRE_AND_PURGE' ? 'FIRE_AND_PURGE' : 'FIRE';
  }

  clear(window: W, context: TriggerContext): void {
    const state = context.getPartitionedState(timeout);
    const pending = state.value();
    if (pending !== null) {
      context.deleteProcessingTimeTimer(pending);
      state.clear();
    }
    this.nested.clear(window, context);
  }

  canMerge(): boolean {
    return false;
  }

  [ship](): ShipReference {
    return {
      module: 'flinkc',
      name: 'ProcessingTimeoutTrigger',
      args: [this.nested, this.interval, this.resetTimerOnNewRecord, this.shouldClearOnTimeout],
    };
  }
}
