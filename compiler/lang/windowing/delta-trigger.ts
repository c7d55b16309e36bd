import { ship, type Shippable, type ShipReference } from '../../../plugins/api/shipping.js';
import type { Trigger, TriggerContext, TriggerResult, Window } from '../../../plugins/api/windowing.js';
import { ValueStateDescriptor } from '../state.js';
import { delta, type Delta } from './delta.js';

/**
 * Fires when a record is more than `threshold` away from the one that fired last (at first: the first one).
 * flink: DeltaTrigger
 */
export class DeltaTrigger<T> implements Trigger<T, Window>, Shippable {
  readonly builtin = 'delta';
  readonly threshold: number;
  readonly deltaFunction: Delta<T>;
  readonly #lastElement = new ValueStateDescriptor<T>('last-element');

  constructor(threshold: number, deltaFunction: Delta<T>) {
    this.threshold = threshold;
    this.deltaFunction = deltaFunction;
  }

  static of<T>(threshold: number, deltaFunction: Delta<T>): DeltaTrigger<T> {
    return new DeltaTrigger(threshold, deltaFunction);
  }

  onElement(element: T, _timestamp: number, _window: Window, context: TriggerContext): TriggerResult {
    const state = context.getPartitionedState(this.#lastElement);
    const last = state.value();
    if (last === null) {
      state.update(element);
      return 'CONTINUE';
    }
    if (delta(this.deltaFunction, last, element) <= this.threshold) return 'CONTINUE';
    state.update(element);
    return 'FIRE';
  }

  onEventTime(_time: number, _window: Window, _context: TriggerContext): TriggerResult {
    return 'CONTINUE';
  }

  onProcessingTime(_time: number, _window: Window, _context: TriggerContext): TriggerResult {
    return 'CONTINUE';
  }

  clear(_window: Window, context: TriggerContext): void {
    context.getPartitionedState(this.#lastElement).clear();
  }

  canMerge(): boolean {
    return false;
  }

  [ship](): ShipReference {
    return { module: 'flinkc', name: 'DeltaTrigger', args: [this.threshold, this.deltaFunction] };
  }
}
