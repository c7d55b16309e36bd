/** Overlapping windows (flink: datastream-semantics §4.1). */
import { ship, type Shippable, type ShipReference } from '../../../plugins/api/shipping.js';
import type { Duration } from '../../../plugins/api/types.js';
import {
  TimeWindow,
  type AssignerSpec,
  type Trigger,
  type WindowAssigner,
  type WindowAssignerContext,
} from '../../../plugins/api/windowing.js';
import { EventTimeTrigger } from './event-time-trigger.js';
import { ProcessingTimeTrigger } from './processing-time-trigger.js';
import { requireTimestamp } from './require-timestamp.js';
import { windowStart } from './window-start.js';

/** flink: SlidingEventTimeWindows */
export class SlidingEventTimeWindows implements WindowAssigner<unknown, TimeWindow>, Shippable {
  readonly windowKind = 'time';
  readonly isEventTime = true;
  readonly isMerging = false;
  readonly size: number;
  readonly slide: number;
  readonly offset: number;

  constructor(size: Duration, slide: Duration, offset: Duration = 0) {
    checkSliding('SlidingEventTimeWindows', size, slide, offset);
    this.size = size;
    this.slide = slide;
    this.offset = offset;
  }

  static of(size: Duration, slide: Duration, offset?: Duration): SlidingEventTimeWindows {
    return new SlidingEventTimeWindows(size, slide, offset);
  }

  get spec(): AssignerSpec {
    return { kind: 'sliding', time: 'event', size: this.size, slide: this.slide, offset: this.offset };
  }

  assignWindows(
    _element: unknown,
    timestamp: number,
    _context: WindowAssignerContext,
  ): readonly TimeWindow[] {
    requireTimestamp(timestamp);
    return slidingWindows(timestamp, this.size, this.slide, this.offset);
  }

  getDefaultTrigger(): Trigger<unknown, TimeWindow> {
    return new EventTimeTrigger();
  }

  [ship](): ShipReference {
    return { module: 'flinkc', name: 'SlidingEventTimeWindows', args: [this.size, this.slide, this.offset] };
  }
}

/** flink: SlidingProcessingTimeWindows */
export class SlidingProcessingTimeWindows implements WindowAssigner<unknown, TimeWindow>, Shippable {
  readonly windowKind = 'time';
  readonly isEventTime = false;
  readonly isMerging = false;
  readonly size: number;
  readonly slide: number;
  readonly offset: number;

  constructor(size: Duration, slide: Duration, offset: Duration = 0) {
    checkSliding('SlidingProcessingTimeWindows', size, slide, offset);
    this.size = size;
    this.slide = slide;
    this.offset = offset;
  }

  static of(size: Duration, slide: Duration, offset?: Duration): SlidingProcessingTimeWindows {
    return new SlidingProcessingTimeWindows(size, slide, offset);
  }

  get spec(): AssignerSpec {
    return { kind: 'sliding', time: 'processing', size: this.size, slide: this.slide, offset: this.offset };
  }

  assignWindows(
    _element: unknown,
    _timestamp: number,
    context: WindowAssignerContext,
  ): readonly TimeWindow[] {
    return slidingWindows(context.currentProcessingTime(), this.size, this.slide, this.offset);
  }

  getDefaultTrigger(): Trigger<unknown, TimeWindow> {
    return new ProcessingTimeTrigger();
  }

  [ship](): ShipReference {
    return {
      module: 'flinkc',
      name: 'SlidingProcessingTimeWindows',
      args: [this.size, this.slide, this.offset],
    };
  }
}

function slidingWindows(
  timestamp: number,
  size: number,
  slide: number,
  offset: number,
): readonly TimeWindow[] {
  const windows: TimeWindow[] = [];
  for (let start = windowStart(timestamp, offset, slide); start > timestamp - size; start -= slide) {
    windows.push(new TimeWindow(start, start + size));
  }
  return windows;
}

function checkSliding(name: string, size: number, slide: number, offset: number): void {
  if (!(Math.abs(offset) < slide && size > 0)) {
    throw new Error(`${name} parameters must satisfy abs(offset) < slide and size > 0`);
  }
}
