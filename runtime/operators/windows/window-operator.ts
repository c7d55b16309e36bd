/**
 * Windows of any assigner, trigger and evictor, keyed or on one key (datastream-semantics §4).
 * flink: WindowOperator, EvictingWindowOperator
 */
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../../plugins/api/types.js';
import type { Counter } from '../../../plugins/api/metrics.js';
import type { ValueState } from '../../../plugins/api/state.js';
import type {
  TimeWindow,
  Evictor,
  Trigger,
  TriggerResult,
  Window,
  WindowAssigner,
  WindowAssignerContext,
} from '../../../plugins/api/windowing.js';
import { RuntimeFault } from '../../contract/fault.js';
import type { ValueCodec } from '../../contract/codec.js';
import type {
  InternalTimerService,
  KeyedStateBackend,
  KeyType,
  NamespaceCodec,
  StateSpec,
  TimerHandler,
} from '../../contract/state.js';
import type { Emit, EmitSide, OperatorContext } from '../../contract/task.js';
import { DescribedWindowState } from './described-state.js';
import { liveWindowsCodec, MergingWindowSet, type LiveWindow } from './merging-window-set.js';
import { missingTimestamp } from './missing-timestamp.js';
import { WindowTriggerContext } from './trigger-context.js';
import { builtinTriggerStates } from './trigger-states.js';
import { windowContents, type WindowContents, type WindowContentsSpec } from './window-contents.js';
import { WindowFunctionRunner, type WindowFunctionSpec } from './window-function.js';
import { windowCodecOf } from './window-namespace.js';

export interface WindowOperatorSpec<IN, K, W extends Window, OUT> {
  /** windowAll: any type with one value */
  readonly key: KeyType;
  readonly assigner: WindowAssigner<IN, W>;
  /** null: the assigner's default */
  readonly trigger: Trigger<IN, W> | null;
  readonly evictor: Evictor<IN, W> | null;
  readonly allowedLateness: number;
  /** side output of late records; null: they are dropped and counted */
  readonly lateTag: string | null;
  readonly contents: WindowContentsSpec<IN>;
  /** null: the result of reduce or aggregate is the output */
  readonly function: WindowFunctionSpec<K, W, never, OUT> | null;
  /** states opened by descriptor, in triggers and window functions; those of built-in triggers need not be listed */
  readonly states: Readonly<Record<string, StateSpec>>;
  /** a record, which the delta trigger keeps; by default what the contents keep, null: not available */
  readonly element?: StateSpec | null | undefined;
  /** windows of a custom kind */
  readonly windowCodec?: NamespaceCodec<W> | undefined;
}

/** processElement makes its key the current one; the caller need not. */
export class WindowOperator<IN, K, W extends Window, OUT>
  implements TimerHandler<K, W>, WindowAssignerContext
{
  readonly pending = 0;
  readonly canAccept = true;
  readonly #ctx: OperatorContext;
  readonly #spec: WindowOperatorSpec<IN, K, W, OUT>;
  readonly #emit: Emit<OUT>;
  readonly #side: EmitSide;
  readonly #keyed: KeyedStateBackend<K>;
  readonly #assigner: WindowAssigner<IN, W>;
  readonly #needsTimestamp: boolean;
  readonly #timers: InternalTimerService<W>;
  readonly #contents: WindowContents<IN, W>;
  readonly #trigger: WindowTriggerContext<IN, W>;
  readonly #windowCodec: NamespaceCodec<W>;
  /** merging assigners: the live windows of each key */
  readonly #liveWindows: ValueState<readonly LiveWindow<W>[]> | null;
  readonly #function: WindowFunctionRunner<K, W, unknown, OUT> | null;
  readonly #numLateRecordsDropped: Counter;
  /** The default trigger without lateness: the end of a window is its only timer, set with its first record. */
  readonly #firesOnceAtEnd: boolean;
  /** ... and records of a session only move its end: see #extendSession. */
  readonly #extendsSessions: boolean;

  constructor(
    ctx: OperatorContext,
    spec: WindowOperatorSpec<IN, K, W, OUT>,
    emit: Emit<OUT>,
    side: EmitSide,
  ) {
    this.#ctx = ctx;
    this.#spec = spec;
    this.#emit = emit;
    this.#side = side;
    const { assigner } = spec;
    this.#assigner = assigner;
    this.#needsTimestamp =
      assigner.isEventTime && assigner.windowKind === 'time' && assigner.spec.kind !== 'custom';
    const trigger = spec.trigger ?? assigner.getDefaultTrigger();
    if (assigner.isMerging && !trigger.canMerge()) throw triggerCannotMerge();
    const keyed = ctx.keyedState<K>(spec.key);
    this.#keyed = keyed;
    this.#firesOnceAtEnd =
      assigner.windowKind === 'time' &&
      assigner.spec.kind !== 'custom' &&
      trigger.builtin === (assigner.isEventTime ? 'eventTime' : 'processingTime') &&
      spec.allowedLateness === 0;
    this.#extendsSessions =
      this.#firesOnceAtEnd && assigner.isEventTime && assigner.isMerging && assigner.spec.kind === 'session';
    this.#windowCodec = windowCodecOf(assigner, spec.windowCodec);
    this.#timers = keyed.timers('window-timers', this.#windowCodec, this);
    const clock = {
      currentProcessingTime: () => ctx.processingTime.now(),
      currentWatermark: () => this.#timers.currentWatermark,
    };
    this.#contents = windowContents(spec.contents, keyed.windowed(this.#windowCodec), spec.evictor, clock);
    const element =
      spec.element === undefined && spec.contents.kind !== 'aggregate'
        ? spec.contents.state
        : (spec.element ?? null);
    const triggerState = new DescribedWindowState(keyed.windowed(this.#windowCodec), {
      ...builtinTriggerStates(element),
      ...spec.states,
    });
    this.#trigger = new WindowTriggerContext(trigger, this.#timers, triggerState, ctx.processingTime);
    this.#liveWindows = assigner.isMerging ? keyed.value(liveWindowsSpec(this.#windowCodec)) : null;
    const host = {
      ctx,
      keyed,
      windowCodec: this.#windowCodec,
      merging: assigner.isMerging,
      states: spec.states,
      currentWatermark: clock.currentWatermark,
    };
    this.#function =
      spec.function === null
        ? null
        : new WindowFunctionRunner(
            host,
            spec.function as unknown as WindowFunctionSpec<K, W, unknown, OUT>,
            emit,
            side,
          );
    this.#numLateRecordsDropped = ctx.metricGroup.counter('numLateRecordsDropped');
  }

  open(): void {
    this.#function?.open();
  }

  processElement(value: IN, timestamp: number, key: K): void {
    if (this.#needsTimestamp && timestamp === MIN_TIMESTAMP) throw missingTimestamp();
    this.#keyed.setCurrentKey(key);
    const windows = this.#assigner.assignWindows(value, timestamp, this);
    const skipped =
      this.#liveWindows === null
        ? this.#addToWindows(windows, value, timestamp, key)
        : this.#addToMergingWindows(this.#liveWindows, windows, value, timestamp, key);
    if (skipped && this.#isLateRecord(timestamp)) this.#dropLate(value, timestamp);
  }

  advanceWatermark(watermark: number): void {
    this.#timers.advanceWatermark(watermark);
  }

  onKeyEnd(): void {
    this.#timers.fireAllForKeyEnd();
  }

  endInput(): void {}
  prepareSnapshot(): void {}
  finish(): void {}

  close(): void {
    this.#function?.close();
  }

  /** For assigners. */
  currentProcessingTime(): number {
    return this.#ctx.processingTime.now();
  }

  onEventTime(timestamp: number, key: K, window: W): void {
    const live = this.#liveWindowsOfKey();
    const stateWindow = this.#stateWindowOf(window, live);
    if (stateWindow === null) {
      this.#timerOfExtended(window, live);
      return;
    }
    this.#apply(this.#trigger.onEventTime(timestamp, window), key, window, stateWindow);
    if (this.#assigner.isEventTime && timestamp === this.#cleanupTime(window))
      this.#cleanUp(window, stateWindow, live);
  }

  onProcessingTime(timestamp: number, key: K, window: W): void {
    const live = this.#liveWindowsOfKey();
    const stateWindow = this.#stateWindowOf(window, live);
    if (stateWindow === null) return;
    this.#apply(this.#trigger.onProcessingTime(timestamp, window), key, window, stateWindow);
    if (!this.#assigner.isEventTime && timestamp === this.#cleanupTime(window))
      this.#cleanUp(window, stateWindow, live);
  }

  /** True when every window was late. */
  #addToWindows(windows: readonly W[], value: IN, timestamp: number, key: K): boolean {
    let skipped = true;
    for (const window of windows) {
      if (this.#isLateWindow(window)) continue;
      skipped = false;
      this.#add(value, timestamp, key, window, window);
    }
    return skipped;
  }

  #addToMergingWindows(
    state: ValueState<readonly LiveWindow<W>[]>,
    windows: readonly W[],
    value: IN,
    timestamp: number,
    key: K,
  ): boolean {
    const known = state.value() ?? [];
    if (this.#extendsSessions && this.#extendSession(state, known, windows, value, timestamp)) return false;
    const live = new MergingWindowSet(this.#assigner, this.#windowCodec, known);
    let skipped = true;
    for (const assigned of windows) {
      const window = live.add(assigned, this.#onWindowsMerged);
      if (this.#isLateWindow(window)) {
        live.remove(window);
        continue;
      }
      skipped = false;
      this.#add(value, timestamp, key, window, live.stateWindowOf(window)!);
    }
    this.#storeLiveWindows(live);
    return skipped;
  }

  /**
   * A record within the only session of its key, by far the most frequent case: the session grows, and nothing else
   * happens. Its timer stays where it is; when it fires too early, it is set anew (see #timerOfExtended).
   */
  #extendSession(
    state: ValueState<readonly LiveWindow<W>[]>,
    live: readonly LiveWindow<W>[],
    windows: readonly W[],
    value: IN,
    timestamp: number,
  ): boolean {
    if (live.length !== 1 || windows.length !== 1) return false;
    const { window, stateWindow } = live[0]!;
    const session = window as unknown as TimeWindow;
    const added = windows[0] as unknown as TimeWindow;
    if (!session.intersects(added)) return false;
    if (Math.max(session.end, added.end) - 1 <= this.#timers.currentWatermark) return false;
    if (added.start < session.start || added.end > session.end)
      state.update([{ window: session.cover(added) as unknown as W, stateWindow }]);
    this.#contents.setWindow(stateWindow);
    this.#contents.add(value, timestamp);
    return true;
  }

  /** The timer of a session that has grown since: it now has to fire at the session's end. */
  #timerOfExtended(window: W, live: MergingWindowSet<W> | null): void {
    if (!this.#extendsSessions) return;
    const grown = live!.windowAround(window as unknown as TimeWindow);
    if (grown !== null) this.#registerCleanupTimer(grown);
  }

  readonly #onWindowsMerged = (cover: W, parts: readonly W[], stateWindow: W, others: readonly W[]): void => {
    this.#checkNotExpired(cover);
    this.#trigger.onMerge(cover, parts);
    for (const part of parts) {
      this.#trigger.clear(part);
      this.#deleteCleanupTimer(part);
    }
    if (others.length > 0) this.#contents.merge(stateWindow, others);
  };

  #add(value: IN, timestamp: number, key: K, window: W, stateWindow: W): void {
    this.#contents.setWindow(stateWindow);
    const first = this.#contents.add(value, timestamp);
    if (this.#firesOnceAtEnd) {
      // A merged window had contents under other bounds.
      if (first || this.#liveWindows !== null) this.#registerCleanupTimer(window);
      return;
    }
    this.#apply(this.#trigger.onElement(value, timestamp, window), key, window, stateWindow);
    this.#registerCleanupTimer(window);
  }

  #apply(result: TriggerResult, key: K, window: W, stateWindow: W): void {
    if (result === 'CONTINUE') return;
    this.#contents.setWindow(stateWindow);
    if (result !== 'PURGE') this.#fire(key, window);
    if (result !== 'FIRE') this.#contents.clear();
  }

  #fire(key: K, window: W): void {
    const elements = this.#contents.fire(window);
    if (elements !== null) {
      if (this.#function !== null) this.#function.process(key, window, elements);
      else
        for (const result of elements)
          this.#emit(result as OUT, Math.min(window.maxTimestamp(), MAX_TIMESTAMP));
    }
    this.#contents.fired(window);
  }

  #cleanUp(window: W, stateWindow: W, live: MergingWindowSet<W> | null): void {
    this.#contents.setWindow(stateWindow);
    this.#contents.clear();
    this.#trigger.clear(window);
    this.#function?.clear(window);
    if (live === null) return;
    live.remove(window);
    this.#storeLiveWindows(live);
  }

  #liveWindowsOfKey(): MergingWindowSet<W> | null {
    if (this.#liveWindows === null) return null;
    return new MergingWindowSet(this.#assigner, this.#windowCodec, this.#liveWindows.value() ?? []);
  }

  /** Null for a timer that a trigger left behind when its window had already been cleaned up. */
  #stateWindowOf(window: W, live: MergingWindowSet<W> | null): W | null {
    return live === null ? window : live.stateWindowOf(window);
  }

  #storeLiveWindows(live: MergingWindowSet<W>): void {
    const changes = live.changes;
    if (changes !== null) this.#liveWindows!.update(changes.length === 0 ? null : changes);
  }

  #isLateWindow(window: W): boolean {
    return this.#assigner.isEventTime && this.#cleanupTime(window) <= this.#timers.currentWatermark;
  }

  /** A record can be skipped without being late: a custom assigner may put it into no window at all. */
  #isLateRecord(timestamp: number): boolean {
    return (
      this.#assigner.isEventTime && timestamp + this.#spec.allowedLateness <= this.#timers.currentWatermark
    );
  }

  #dropLate(value: IN, timestamp: number): void {
    if (this.#spec.lateTag === null) this.#numLateRecordsDropped.inc();
    else this.#side(this.#spec.lateTag, value, timestamp);
  }

  /** Doubles beyond the end of time round to it, so this needs no check for overflow. */
  #cleanupTime(window: W): number {
    const end = window.maxTimestamp();
    return this.#assigner.isEventTime ? Math.min(end + this.#spec.allowedLateness, MAX_TIMESTAMP) : end;
  }

  #registerCleanupTimer(window: W): void {
    const time = this.#cleanupTime(window);
    if (time >= MAX_TIMESTAMP) return;
    if (this.#assigner.isEventTime) this.#timers.registerEventTimeTimer(window, time);
    else this.#timers.registerProcessingTimeTimer(window, time);
  }

  #deleteCleanupTimer(window: W): void {
    const time = this.#cleanupTime(window);
    if (time >= MAX_TIMESTAMP) return;
    if (this.#assigner.isEventTime) this.#timers.deleteEventTimeTimer(window, time);
    else this.#timers.deleteProcessingTimeTimer(window, time);
  }

  #checkNotExpired(cover: W): void {
    const now = this.#assigner.isEventTime ? this.#timers.currentWatermark : this.#ctx.processingTime.now();
    if (this.#cleanupTime(cover) > now) return;
    throw new RuntimeFault('FC5254', {
      message: this.#assigner.isEventTime
        ? 'The end timestamp of an event-time window cannot become earlier than the current watermark by merging.'
        : 'The end timestamp of a processing-time window cannot become earlier than the current processing time by merging.',
      domain: 'user',
      fix: 'mergeWindows must not return windows that end before those it was given',
      facts: {
        watermark: String(this.#timers.currentWatermark),
        'end of window': String(cover.maxTimestamp()),
      },
    });
  }
}

function liveWindowsSpec<W>(codec: NamespaceCodec<W>): StateSpec {
  return {
    name: 'merging-window-set',
    kind: 'value',
    layout: 'object',
    value: liveWindowsCodec(codec) as ValueCodec,
    schema: { kind: 'list', of: { kind: 'tuple', items: [codec.schema, codec.schema] } },
  };
}

function triggerCannotMerge(): RuntimeFault {
  return new RuntimeFault('FC5255', {
    message: 'A merging window assigner cannot be used with a trigger that does not support merging.',
    domain: 'user',
    fix: 'use a trigger whose canMerge() is true, or windows that do not merge',
  });
}
