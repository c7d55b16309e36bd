import { ship, type Shippable, type ShipReference } from '../../../plugins/api/shipping.js';
import type {
  OnMergeContext,
  Trigger,
  TriggerContext,
  TriggerResult,
  Window,
} from '../../../plugins/api/windowing.js';
import { ReducingStateDescriptor } from '../state.js';

const count = /* @__PURE__ */ new ReducingStateDescriptor<number>('count', (a, b) => a + b);

/** Fires when a window has `maxCount` records, then counts from 0 again. flink: CountTrigger */
export class CountTrigger implements Trigger<unknown, Window>, Shippable {
  readonly builtin = 'count';
  readonly maxCount: number;

  constructor(maxCount: number) {
    if (!(maxCount > 0)) throw new Error('CountTrigger needs a count greater than zero');
    this.maxCount = maxCount;
  }

  static of(maxCount: number): CountTrigger {
    return new CountTrigger(maxCount);
  }

  onElement(_element: unknown, _timestamp: number, _window: Window, context: TriggerContext): TriggerResult {
    const state = context.getPartitionedState(count);
    state.add(1);
    if (state.get()! < this.maxCount) return 'CONTINUE';
    state.clear();
    return 'FIRE';
  }

  onEventTime(_time: number, _window: Window, _context: TriggerContext): TriggerResult {
    return 'CONTINUE';
  }

  onProcessingTime(_time: number, _window: Window, _context: TriggerContext): TriggerResult {
    return 'CONTINUE';
  }

  clear(_window: Window, context: TriggerContext): void {
    context.getPartitionedState(count).clear();
  }

  canMerge(): boolean {
    return true;
  }

  onMerge(_window: Window, context: OnMergeContext): void {
    context.mergePartitionedState(count);
  }

  [ship](): ShipReference {
    return { module: 'flinkc', name: 'CountTrigger', args: [this.maxCount] };
  }
}
