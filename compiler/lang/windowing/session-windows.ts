/** Windows that end after a pause (flink: datastream-semantics §4.1, §4.6). */
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
import { mergeTouchingWindows } from './merge-windows.js';
import { ProcessingTimeTrigger } from './processing-time-trigger.js';
import { requireTimestamp } from './require-timestamp.js';

/** Reads the gap of a session from its record. flink: SessionWindowTimeGapExtractor */
export interface SessionWindowTimeGapExtractor<T> {
  extract(element: T): Duration;
}
export type SessionGap<T> = SessionWindowTimeGapExtractor<T> | ((element: T) => Duration);

/** flink: EventTimeSessionWindows */
export class EventTimeSessionWindows implements WindowAssigner<unknown, TimeWindow>, Shippable {
  readonly windowKind = 'time';
  readonly isEventTime = true;
  readonly isMerging = true;
  readonly gap: number;

  constructor(gap: Duration) {
    checkGap('EventTimeSessionWindows', gap);
    this.gap = gap;
  }

  static withGap(gap: Duration): EventTimeSessionWindows {
    return new EventTimeSessionWindows(gap);
  }

  /** flink: EventTimeSessionWindows#withDynamicGap */
  static withDynamicGap<T>(gap: SessionGap<T>): DynamicEventTimeSessionWindows<T> {
    return new DynamicEventTimeSessionWindows(gap);
  }

  get spec(): AssignerSpec {
    return { kind: 'session', time: 'event', gap: this.gap };
  }

  assignWindows(
    _element: unknown,
    timestamp: number,
    _context: WindowAssignerContext,
  ): readonly TimeWindow[] {
    requireTimestamp(timestamp);
    return [new TimeWindow(timestamp, timestamp + this.gap)];
  }

  mergeWindows(
    windows: readonly TimeWindow[],
    merge: (parts: readonly TimeWindow[], cover: TimeWindow) => void,
  ): void {
    mergeTouchingWindows(windows, merge);
  }

  getDefaultTrigger(): Trigger<unknown, TimeWindow> {
    return new EventTimeTrigger();
  }

  [ship](): ShipReference {
    return { module: 'flinkc', name: 'EventTimeSessionWindows', args: [this.gap] };
  }
}

/** flink: ProcessingTimeSessionWindows */
export class ProcessingTimeSessionWindows implements WindowAssigner<unknown, TimeWindow>, Shippable {
  readonly windowKind = 'time';
  readonly isEventTime = false;
  readonly isMerging = true;
  readonly gap: number;

  constructor(gap: Duration) {
    checkGap('ProcessingTimeSessionWindows', gap);
    this.gap = gap;
  }

  static withGap(gap: Duration): ProcessingTimeSessionWindows {
    return new ProcessingTimeSessionWindows(gap);
  }

  /** flink: ProcessingTimeSessionWindows#withDynamicGap */
  static withDynamicGap<T>(gap: SessionGap<T>): DynamicProcessingTimeSessionWindows<T> {
    return new DynamicProcessingTimeSessionWindows(gap);
  }

  get spec(): AssignerSpec {
    return { kind: 'session', time: 'processing', gap: this.gap };
  }

  assignWindows(
    _element: unknown,
    _timestamp: number,
    context: WindowAssignerContext,
  ): readonly TimeWindow[] {
    const now = context.currentProcessingTime();
    return [new TimeWindow(now, now + this.gap)];
  }

  mergeWindows(
    windows: readonly TimeWindow[],
    merge: (parts: readonly TimeWindow[], cover: TimeWindow) => void,
  ): void {
    mergeTouchingWindows(windows, merge);
  }

  getDefaultTrigger(): Trigger<unknown, TimeWindow> {
    return new ProcessingTimeTrigger();
  }

  [ship](): ShipReference {
    return { module: 'flinkc', name: 'ProcessingTimeSessionWindows', args: [this.gap] };
  }
}

/** flink: DynamicEventTimeSessionWindows */
export class DynamicEventTimeSessionWindows<T> implements WindowAssigner<T, TimeWindow>, Shippable {
  readonly windowKind = 'time';
  readonly isEventTime = true;
  readonly isMerging = true;
  readonly gap: SessionGap<T>;

  constructor(gap: SessionGap<T>) {
    this.gap = gap;
  }

  get spec(): AssignerSpec {
    return { kind: 'session', time: 'event', gap: 'dynamic' };
  }

  assignWindows(element: T, timestamp: number, _context: WindowAssignerContext): readonly TimeWindow[] {
    requireTimestamp(timestamp);
    return [new TimeWindow(timestamp, timestamp + dynamicGap(this.gap, element))];
  }

  mergeWindows(
    windows: readonly TimeWindow[],
    merge: (parts: readonly TimeWindow[], cover: TimeWindow) => void,
  ): void {
    mergeTouchingWindows(windows, merge);
  }

  getDefaultTrigger(): Trigger<unknown, TimeWindow> {
    return new EventTimeTrigger();
  }

  [ship](): ShipReference {
    return { module: 'flinkc', name: 'DynamicEventTimeSessionWindows', args: [this.gap] };
  }
}

/** flink: DynamicProcessingTimeSessionWindows */
export class DynamicProcessingTimeSessionWindows<T> implements WindowAssigner<T, TimeWindow>, Shippable {
  readonly windowKind = 'time';
  readonly isEventTime = false;
  readonly isMerging = true;
  readonly gap: SessionGap<T>;

  constructor(gap: SessionGap<T>) {
    this.gap = gap;
  }

  get spec(): AssignerSpec {
    return { kind: 'session', time: 'processing', gap: 'dynamic' };
  }

  assignWindows(element: T, _timestamp: number, context: WindowAssignerContext): readonly TimeWindow[] {
    const now = context.currentProcessingTime();
    return [new TimeWindow(now, now + dynamicGap(this.gap, element))];
  }

  mergeWindows(
    windows: readonly TimeWindow[],
    merge: (parts: readonly TimeWindow[], cover: TimeWindow) => void,
  ): void {
    mergeTouchingWindows(windows, merge);
  }

  getDefaultTrigger(): Trigger<unknown, TimeWindow> {
    return new ProcessingTimeTrigger();
  }

  [ship](): ShipReference {
    return { module: 'flinkc', name: 'DynamicProcessingTimeSessionWindows', args: [this.gap] };
  }
}

function dynamicGap<T>(gap: SessionGap<T>, element: T): number {
  const length = typeof gap === 'function' ? gap(element) : gap.extract(element);
  if (!(length > 0)) throw new Error('Dynamic session time gap must satisfy 0 < gap');
  return length;
}

function checkGap(name: string, gap: number): void {
  if (!(gap > 0)) throw new Error(`${name} parameters must satisfy 0 < size`);
}
