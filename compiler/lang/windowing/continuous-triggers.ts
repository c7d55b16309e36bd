/** Triggers that fire early, at a fixed interval, and at the end of the window. */
import { ship, type Shippable, type ShipReference } from '../../../plugins/api/shipping.js';
import type { Duration } from '../../../plugins/api/types.js';
import type {
  OnMergeContext,
  Trigger,
  TriggerContext,
  TriggerResult,
  Window,
} from '../../../plugins/api/windowing.js';
import { ReducingStateDescriptor } from '../state.js';
import { windowStart } from './window-start.js';

/** The early firing that is pending; of two merged windows the sooner one counts. */
const fireTime = /* @__PURE__ */ new ReducingStateDescriptor<number>('fire-time', (a, b) => Math.min(a, b));

/** flink: ContinuousEventTimeTrigger */
export class ContinuousEventTimeTrigger implements Trigger<unknown, Window>, Shippable {
  readonly builtin = 'continuousEventTime';
  readonly interval: number;

  constructor(interval: Duration) {
    checkInterval(interval);
    this.interval = interval;
  }

  static of(interval: Duration): ContinuousEventTimeTrigger {
    return new ContinuousEventTimeTrigger(interval);
  }

  onElement(_element: unknown, timestamp: number, window: Window, context: TriggerContext): TriggerResult {
    const end = window.maxTimestamp();
    if (end <= context.currentWatermark()) return 'FIRE';
    context.registerEventTimeTimer(end);
    if (context.getPartitionedState(fireTime).get() === null) {
      this.#schedule(windowStart(timestamp, 0, this.interval), end, context);
    }
    return 'CONTINUE';
  }

  onEventTime(time: number, window: Window, context: TriggerContext): TriggerResult {
    const end = window.maxTimestamp();
    if (time === end) return 'FIRE';
    const pending = context.getPartitionedState(fireTime);
    if (pending.get() !== time) return 'CONTINUE';
    pending.clear();
    this.#schedule(time, end, context);
    return 'FIRE';
  }

  onProcessingTime(_time: number, _window: Window, _context: TriggerContext): TriggerResult {
    return 'CONTINUE';
  }

  clear(_window: Window, context: TriggerContext): void {
    const pending = context.getPartitionedState(fireTime);
    const time = pending.get();
    if (time === null) return;
    context.deleteEventTimeTimer(time);
    pending.clear();
  }

  canMerge(): boolean {
    return true;
  }

  onMerge(_window: Window, context: OnMergeContext): void {
    context.mergePartitionedState(fireTime);
    const time = context.getPartitionedState(fireTime).get();
    if (time !== null) context.registerEventTimeTimer(time);
  }

  #schedule(from: number, end: number, context: TriggerContext): void {
    const next = Math.min(from + this.interval, end);
    context.getPartitionedState(fireTime).add(next);
    context.registerEventTimeTimer(next);
  }

  [ship](): ShipReference {
    return { module: 'flinkc', name: 'ContinuousEventTimeTrigger', args: [this.interval] };
  }
}

/** flink: ContinuousProcessingTimeTrigger */
export class ContinuousProcessingTimeTrigger implements Trigger<unknown, Window>, Shippable {
  readonly builtin = 'continuousProcessingTime';
  readonly interval: number;

  constructor(interval: Duration) {
    checkInterval(interval);
    this.interval = interval;
  }

  static of(interval: Duration): ContinuousProcessingTimeTrigger {
    return new ContinuousProcessingTimeTrigger(interval);
  }

  onElement(_element: unknown, _timestamp: number, window: Window, context: TriggerContext): TriggerResult {
    if (context.getPartitionedState(fireTime).get() === null) {
      const now = context.currentProcessingTime();
      this.#schedule(windowStart(now, 0, this.interval), window.maxTimestamp(), context);
    }
    return 'CONTINUE';
  }

  onEventTime(_time: number, _window: Window, _context: TriggerContext): TriggerResult {
    return 'CONTINUE';
  }

  onProcessingTime(time: number, window: Window, context: TriggerContext): TriggerResult {
    const end = window.maxTimestamp();
    if (time === end) return 'FIRE';
    const pending = context.getPartitionedState(fireTime);
    if (pending.get() !== time) return 'CONTINUE';
    pending.clear();
    this.#schedule(time, end, context);
    return 'FIRE';
  }

  clear(_window: Window, context: TriggerContext): void {
    const pending = context.getPartitionedState(fireTime);
    const time = pending.get();
    if (time === null) return;
    context.deleteProcessingTimeTimer(time);
    pending.clear();
  }

  canMerge(): boolean {
    return true;
  }

  onMerge(_window: Window, context: OnMergeContext): void {
    context.mergePartitionedState(fireTime);
    const time = context.getPartitionedState(fireTime).get();
    if (time !== null) context.registerProcessingTimeTimer(time);
  }

  #schedule(from: number, end: number, context: TriggerContext): void {
    const next = Math.min(from + this.interval, end);
    context.getPartitionedState(fireTime).add(next);
    context.registerProcessingTimeTimer(next);
  }

  [ship](): ShipReference {
    return { module: 'flinkc', name: 'ContinuousProcessingTimeTrigger', args: [this.interval] };
  }
}

function checkInterval(interval: number): void {
  if (!(interval > 0)) throw new Error('The interval of a continuous trigger must be greater than zero');
}
