import { ship, type Shippable, type ShipReference } from '../../../plugins/api/shipping.js';
import type {
  OnMergeContext,
  Trigger,
  TriggerContext,
  TriggerResult,
  Window,
} from '../../../plugins/api/windowing.js';

/** Fires when the clock passes the end of the window. flink: ProcessingTimeTrigger */
export class ProcessingTimeTrigger implements Trigger<unknown, Window>, Shippable {
  readonly builtin = 'processingTime';

  static create(): ProcessingTimeTrigger {
    return new ProcessingTimeTrigger();
  }

  onElement(_element: unknown, _timestamp: number, window: Window, context: TriggerContext): TriggerResult {
    context.registerProcessingTimeTimer(window.maxTimestamp());
    return 'CONTINUE';
  }

  onEventTime(_time: number, _window: Window, _context: TriggerContext): TriggerResult {
    return 'CONTINUE';
  }

  onProcessingTime(_time: number, _window: Window, _context: TriggerContext): TriggerResult {
    return 'FIRE';
  }

  clear(window: Window, context: TriggerContext): void {
    context.deleteProcessingTimeTimer(window.maxTimestamp());
  }

  canMerge(): boolean {
    return true;
  }

  onMerge(window: Window, context: OnMergeContext): void {
    const end = window.maxTimestamp();
    if (end > context.currentProcessingTime()) context.registerProcessingTimeTimer(end);
  }

  [ship](): ShipReference {
    return { module: 'flinkc', name: 'ProcessingTimeTrigger', args: [] };
  }
}
