import { ship, type Shippable, type ShipReference } from '../../../plugins/api/shipping.js';
import type {
  OnMergeContext,
  Trigger,
  TriggerContext,
  TriggerResult,
  Window,
} from '../../../plugins/api/windowing.js';

/** The nested trigger's result, but every firing also clears the window's contents. flink: PurgingTrigger */
export class PurgingTrigger<T, W extends Window> implements Trigger<T, W>, Shippable {
  readonly builtin = 'purging';
  readonly nested: Trigger<T, W>;

  constructor(nested: Trigger<T, W>) {
    this.nested = nested;
  }

  static of<T, W extends Window>(nested: Trigger<T, W>): PurgingTrigger<T, W> {
    return new PurgingTrigger(nested);
  }

  onElement(element: T, timestamp: number, window: W, context: TriggerContext): TriggerResult {
    return purge(this.nested.onElement(element, timestamp, window, context));
  }

  onEventTime(time: number, window: W, context: TriggerContext): TriggerResult {
    return purge(this.nested.onEventTime(time, window, context));
  }

  onProcessingTime(time: number, window: W, context: TriggerContext): TriggerResult {
    return purge(this.nested.onProcessingTime(time, window, context));
  }

  clear(window: W, context: TriggerContext): void {
    this.nested.clear(window, context);
  }

  canMerge(): boolean {
    return this.nested.canMerge();
  }

  onMerge(window: W, context: OnMergeContext): void {
    this.nested.onMerge?.(window, context);
  }

  [ship](): ShipReference {
    return { module: 'flinkc', name: 'PurgingTrigger', args: [this.nested] };
  }
}

function purge(result: TriggerResult): TriggerResult {
  return result === 'FIRE' ? 'FIRE_AND_PURGE' : result;
}
