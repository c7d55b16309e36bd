/** Window assigners (flink: datastream-semantics §4.1, §4.6). They run inside the artifact. */
import { ship, type Shippable, type ShipReference } from '../../../plugins/api/shipping.js';
import { MIN_TIMESTAMP, type Duration } from '../../../plugins/api/types.js';
import {
  GlobalWindow,
  TimeWindow,
  type AssignerSpec,
  type Trigger,
  type WindowAssigner,
  type WindowAssignerContext,
} from '../../../plugins/api/windowing.js';
import { mergeTouchingWindows } from './merge-windows.js';
import { EventTimeTrigger } from './event-time-trigger.js';
import { EndOfStreamTrigger, NeverTrigger } from './global-triggers.js';
import { ProcessingTimeTrigger } from './processing-time-trigger.js';
import { windowStart } from './window-start.js';

/** How processing-time windows of different subtasks are shifted. flink: WindowStagger */
export type WindowStagger = 'ALIGNED' | 'RANDOM' | 'NATURAL';

function requireTimestamp(timestamp: number): void {
  if (timestamp === MIN_TIMESTAMP) {
    throw new Error(
      'Record has MIN_TIMESTAMP timestamp (= no timestamp marker). Is the time characteristic set to event time, ' +
        "and does the stream have timestamps? Call '.assignTimestampsAndWatermarks(...)' or pass a strategy to fromSource().",
    );
  }
}

/** flink: TumblingEventTimeWindows */
export class TumblingEventTimeWindows implements WindowAssigner<unknown, TimeWindow>, Shippable {
  readonly windowKind = 'time';
  readonly isEventTime = true;
  readonly isMerging = false;
  readonly size: number;
  readonly offset: number;
  readonly stagger: WindowStagger;

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

  #staggerOffset: number | null = null;

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

const globalWindows: readonly GlobalWindow[] = /* @__PURE__ */ Object.freeze([GlobalWindow.instance]);

/** One window per key that never ends: useful only with a trigger. flink: GlobalWindows */
export class GlobalWindows implements WindowAssigner<unknown, GlobalWindow>, Shippable {
  readonly windowKind = 'global';
  // also with the end-of-stream trigger, whose timer is at the end of time: nothing can be late
  readonly isEventTime = false;
  readonly isMerging = false;
  readonly endOfStream: boolean;

  constructor(endOfStream = false) {
    this.endOfStream = endOfStream;
  }

  static create(): GlobalWindows {
    return new GlobalWindows();
  }

  /** Fires once, at the end of bounded input. flink: GlobalWindows#createWithEndOfStreamTrigger */
  static createWithEndOfStreamTrigger(): GlobalWindows {
    return new GlobalWindows(true);
  }

  get spec(): AssignerSpec {
    return { kind: 'global', endOfStream: this.endOfStream };
  }

  assignWindows(
    _element: unknown,
    _timestamp: number,
    _context: WindowAssignerContext,
  ): readonly GlobalWindow[] {
    return globalWindows;
  }

  getDefaultTrigger(): Trigger<unknown, GlobalWindow> {
    return this.endOfStream ? new EndOfStreamTrigger() : new NeverTrigger();
  }

  [ship](): ShipReference {
    return { module: 'flinkc', name: 'GlobalWindows', args: [this.endOfStream] };
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

function dynamicGap<T>(gap: SessionGap<T>, element: T): number {
  const length = typeof gap === 'function' ? gap(element) : gap.extract(element);
  if (!(length > 0)) throw new Error('Dynamic session time gap must satisfy 0 < gap');
  return length;
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

function checkSliding(name: string, size: number, slide: number, offset: number): void {
  if (!(Math.abs(offset) < slide && size > 0)) {
    throw new Error(`${name} parameters must satisfy abs(offset) < slide and size > 0`);
  }
}

function checkGap(name: string, gap: number): void {
  if (!(gap > 0)) throw new Error(`${name} parameters must satisfy 0 < size`);
}
