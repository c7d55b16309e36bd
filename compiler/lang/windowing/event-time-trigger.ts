import { ship, type Shippable, type ShipReference } from '../../../plugins/api/shipping.js';
import type {
  OnMergeContext,
  Trigger,
  TriggerContext,
  TriggerResult,
  Window,
} from '../../../plugins/api/windowing.js';

/** Fires when the watermark passes the end of the window, and at once for each late record. flink: EventTimeTrigger */
export class EventTimeTrigger implements Trigger<unknown, Window>, Shippable {
  readonly builtin = 'eventTime';

  static create(): EventTimeTrigger {
    return new EventTimeTrigger();
  }

  onElement(_element: unknown, _timestamp: number, window: Window, context: TriggerContext): TriggerResult {
    const end = window.maxTimestamp();
    if (end <= context.currentWatermark()) return 'FIRE';
    context.registerEventTimeTimer(end);
    return 'CONTINUE';
  }

  onEventTime(time: number, window: Window, _context: TriggerContext): TriggerResult {
    return time === window.maxTimestamp() ? 'FIRE' : 'CONTINUE';
  }

  onProcessingTime(_time: number, _window: Window, _context: TriggerContext): TriggerResult {
    return 'CONTINUE';
  }

  clear(window: Window, context: TriggerContext): void {
    context.deleteEventTimeTimer(window.maxTimestamp());
  }

  canMerge(): boolean {
    return true;
  }

  onMerge(window: Window, context: OnMergeContext): void {
    // a merged window that already ended fires in the onElement that follows
    const end = window.maxTimestamp();
    if (end > context.currentWatermark()) context.registerEventTimeTimer(end);
  }

  [ship](): ShipReference {
    return { module: 'flinkc', name: 'EventTimeTrigger', args: [] };
  }
}
