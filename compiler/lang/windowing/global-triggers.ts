/** Default triggers of GlobalWindows. */
import { ship, type Shippable, type ShipReference } from '../../../plugins/api/shipping.js';
import type {
  OnMergeContext,
  Trigger,
  TriggerContext,
  TriggerResult,
  Window,
} from '../../../plugins/api/windowing.js';

/** flink: GlobalWindows.NeverTrigger */
export class NeverTrigger implements Trigger<unknown, Window>, Shippable {
  readonly builtin = 'never';

  onElement(_element: unknown, _timestamp: number, _window: Window, _context: TriggerContext): TriggerResult {
    return 'CONTINUE';
  }

  onEventTime(_time: number, _window: Window, _context: TriggerContext): TriggerResult {
    return 'CONTINUE';
  }

  onProcessingTime(_time: number, _window: Window, _context: TriggerContext): TriggerResult {
    return 'CONTINUE';
  }

  clear(_window: Window, _context: TriggerContext): void {}

  canMerge(): boolean {
    return true;
  }

  onMerge(_window: Window, _context: OnMergeContext): void {}

  [ship](): ShipReference {
    return { module: 'flinkc', name: 'NeverTrigger', args: [] };
  }
}

/** Fires once, at the end of bounded input. flink: GlobalWindows.EndOfStreamTrigger */
export class EndOfStreamTrigger implements Trigger<unknown, Window>, Shippable {
  readonly builtin = 'endOfStream';

  onElement(_element: unknown, _timestamp: number, window: Window, context: TriggerContext): TriggerResult {
    context.registerEventTimeTimer(window.maxTimestamp());
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
    context.registerEventTimeTimer(window.maxTimestamp());
  }

  [ship](): ShipReference {
    return { module: 'flinkc', name: 'EndOfStreamTrigger', args: [] };
  }
}
