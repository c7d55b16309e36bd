/** Base classes for user-defined assigners, triggers and evictors. Classes that implement the interfaces work as well. */
import type {
  AssignerSpec,
  Evictor as EvictorLike,
  EvictorContext,
  OnMergeContext,
  TimestampedValue,
  Trigger as TriggerLike,
  TriggerContext,
  TriggerResult,
  Window,
  WindowAssigner as WindowAssignerLike,
  WindowAssignerContext,
} from '../../../plugins/api/windowing.js';

/** flink: WindowAssigner */
export abstract class WindowAssigner<T, W extends Window> implements WindowAssignerLike<T, W> {
  get spec(): AssignerSpec {
    return { kind: 'custom' };
  }
  /** 'time' when the windows are TimeWindows, 'global' for the GlobalWindow. */
  abstract readonly windowKind: 'time' | 'global';
  abstract readonly isEventTime: boolean;
  get isMerging(): boolean {
    return false;
  }
  abstract assignWindows(element: T, timestamp: number, context: WindowAssignerContext): readonly W[];
  abstract getDefaultTrigger(): TriggerLike<T, W>;
}

/** flink: MergingWindowAssigner */
export abstract class MergingWindowAssigner<T, W extends Window> extends WindowAssigner<T, W> {
  override get isMerging(): boolean {
    return true;
  }
  /** Must call `merge` once for every set of two or more windows that become one. */
  abstract mergeWindows(windows: readonly W[], merge: (parts: readonly W[], cover: W) => void): void;
}

/** flink: Trigger */
export abstract class Trigger<T, W extends Window> implements TriggerLike<T, W> {
  abstract onElement(element: T, timestamp: number, window: W, context: TriggerContext): TriggerResult;
  abstract onProcessingTime(time: number, window: W, context: TriggerContext): TriggerResult;
  abstract onEventTime(time: number, window: W, context: TriggerContext): TriggerResult;
  /** The window is cleaned up: delete timers and state. */
  abstract clear(window: W, context: TriggerContext): void;

  canMerge(): boolean {
    return false;
  }
  onMerge(_window: W, _context: OnMergeContext): void {
    throw new Error('This trigger does not support merging.');
  }
}

/** Both hooks return the elements that stay, in order. flink: Evictor */
export abstract class Evictor<T, W extends Window> implements EvictorLike<T, W> {
  evictBefore(
    elements: readonly TimestampedValue<T>[],
    _window: W,
    _context: EvictorContext,
  ): readonly TimestampedValue<T>[] {
    return elements;
  }
  evictAfter(
    elements: readonly TimestampedValue<T>[],
    _window: W,
    _context: EvictorContext,
  ): readonly TimestampedValue<T>[] {
    return elements;
  }
}
