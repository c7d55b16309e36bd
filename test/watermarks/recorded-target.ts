import type { WatermarkTarget } from '../../runtime/operators/watermarks/valve.js';

/** Watermarks and changes of idleness, in the order in which they came. */
export class RecordedTarget implements WatermarkTarget {
  #events: (number | 'idle' | 'active')[] = [];

  onWatermark(watermark: number): void {
    this.#events.push(watermark);
  }
  onIdle(idle: boolean): void {
    this.#events.push(idle ? 'idle' : 'active');
  }
  /** What came since the last call. */
  take(): readonly (number | 'idle' | 'active')[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
