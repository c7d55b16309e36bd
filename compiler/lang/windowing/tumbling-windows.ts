/** Windows side by side (flink: datastream-semantics §4.1). */
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

/** How processing-time windows of different subtasks are shifted. flink: WindowStagger */
export type WindowStagger = 'ALIGNED' | 'RANDOM' | 'NATURAL';

/** flink: TumblingEventTimeWindows */
export class TumblingEventTimeWindows implements WindowAssigner<unknown, TimeWindow>, Shippable {
  readonly windowKind = 'time';
  readonly isEventTime = true;
  readonly isMerging = false;
  readonly size: number;
  readonly offset: number;
  readonly stagger: WindowStagger;
  #staggerOffset: number | null = null;

  constructor(size: Duration, offset: Duration = 0, stagger: WindowStagger = 'ALIGNED') {
    checkTumbling('TumblingEventTimeWindows', size, offset);
    this.size = size;
    this.offset = offset;
    this.stagger = stagger;
  }

  static of(size: Duration, offset?: Duration, stagger?: WindowStagger): TumblingEventTimeWindows {
    return new TumblingEventTimeWindows(size, offset, stagger);
  }

  get spec(): AssignerSpec {
    return { kind: 'tumbling', time: 'event', size: this.size, offset: this.offset, stagger: this.stagger };
  }

  assignWindows(_element: unknown, timestamp: number, context: WindowAssignerContext): readonly TimeWindow[] {
    requireTimestamp(timestamp);
    this.#staggerOffset ??= staggerOffset(this.stagger, context.currentProcessingTime(), this.size);
    const start = windowStart(timestamp, (this.offset + this.#staggerOffset) % this.size, this.size);
    return [new TimeWindow(start, start + this.size)];
  }

  getDefaultTrigger(): Trigger<unknown, TimeWindow> {
    return new EventTimeTrigger();
  }

  [ship](): ShipReference {
    return {
      module: 'flinkc',
      name: 'TumblingEventTimeWindows',
      args: [this.size, this.offset, this.stagger],
    };
  }
}

/** flink: TumblingProcessingTimeWindows */
export class TumblingProcessingTimeWindows implements WindowAssigner<unknown, TimeWindow>, Shippable {
  readonly windowKind = 'time';
  readonly isEventTime = false;
  readonly isMerging = false;
  readonly size: number;
  readonly offset: number;
  readonly stagger: WindowStagger;
  #staggerOffset: number | null = null;

  constructor(size: Duration, offset: Duration = 0, stagger: WindowStagger = 'ALIGNED') {
    checkTumbling('TumblingProcessingTimeWindows', size, offset);
    this.size = size;
    this.offset = offset;
    this.stagger = stagger;
  }

  static of(size: Duration, offset?: Duration, stagger?: WindowStagger): TumblingProcessingTimeWindows {
    return new TumblingProcessingTimeWindows(size, offset, stagger);
  }

  get spec(): AssignerSpec {
    return {
      kind: 'tumbling',
      time: 'processing',
      size: this.size,
      offset: this.offset,
      stagger: this.stagger,
    };
  }

  assignWindows(
    _element: unknown,
    _timestamp: number,
    context: WindowAssignerContext,
  ): readonly TimeWindow[] {
    const now = context.currentProcessingTime();
    this.#staggerOffset ??= staggerOffset(this.stagger, now, this.size);
    const start = windowStart(now, (this.offset + this.#staggerOffset) % this.size, this.size);
    return [new TimeWindow(start, start + this.size)];
  }

  getDefaultTrigger(): Trigger<unknown, TimeWindow> {
    return new ProcessingTimeTrigger();
  }

  [ship](): ShipReference {
    return {
      module: 'flinkc',
      name: 'TumblingProcessingTimeWindows',
      args: [this.size, this.offset, this.stagger],
    };
  }
}

/** Decided once per operator instance, so that all its windows are shifted alike. flink: WindowStagger */
function staggerOffset(stagger: WindowStagger, now: number, size: number): number {
  switch (stagger) {
    case 'ALIGNED':
      return 0;
    case 'RANDOM':
      return Math.floor(Math.random() * size);
    case 'NATURAL':
      return now - windowStart(now, 0, size);
  }
}

function checkTumbling(name: string, size: number, offset: number): void {
  if (!(Math.abs(offset) < size)) throw new Error(`${name} parameters must satisfy abs(offset) < size`);
}
