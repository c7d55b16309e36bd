/** A window operator over string keys and numbers whose output reads as "key: contents [start, end) @timestamp". */
import {
  GlobalWindow,
  type TimeWindow,
  type Evictor,
  type Trigger,
  type Window,
  type WindowAssigner,
} from '../../plugins/api/windowing.js';
import {
  WindowOperator,
  type WindowContentsSpec,
  type WindowFunctionSpec,
  type WindowOperatorSpec,
} from '../../runtime/operators/index.js';
import {
  jsonState,
  ManualClock,
  OperatorHarness,
  stringKey,
  type HarnessOptions,
} from './operator-harness.js';

export interface WindowOptions<W extends Window> {
  readonly trigger?: Trigger<number, W>;
  readonly evictor?: Evictor<number, W>;
  readonly lateness?: number;
  readonly lateTag?: string;
  readonly contents?: WindowContentsSpec<number>;
  /** null: emit what the contents give */
  readonly function?: WindowFunctionSpec<string, W, never, string> | null;
  readonly states?: WindowOperatorSpec<number, string, W, string>['states'];
}

/** Lists the contents. */
export function listing<W extends Window>(): WindowFunctionSpec<string, W, never, string> {
  const list = (
    key: string,
    window: W,
    elements: Iterable<number>,
    out: { collect(s: string): void },
  ): void => out.collect(`${key}: ${[...elements].join(' ')} ${describe(window)}`);
  return { kind: 'apply', function: list };
}

export function describe(window: Window): string {
  if (window instanceof GlobalWindow) return 'global';
  const { start, end } = window as TimeWindow;
  return `[${start}, ${end})`;
}

export class WindowFixture<W extends Window> {
  harness: OperatorHarness;
  operator: WindowOperator<number, string, W, string>;
  readonly #assigner: WindowAssigner<never, W>;
  readonly #options: WindowOptions<W>;
  readonly #out: string[] = [];
  #dropped = 0;
  #watermark: number | null = null;

  constructor(
    assigner: WindowAssigner<never, W>,
    options: WindowOptions<W> = {},
    harness: HarnessOptions = {},
  ) {
    this.#assigner = assigner;
    this.#options = options;
    this.harness = new OperatorHarness(harness);
    this.operator = this.#open();
  }

  /** Output of one record. */
  record(value: number, timestamp: number, key = 'k'): readonly string[] {
    this.operator.processElement(value, timestamp, key);
    return this.take();
  }
  watermark(watermark: number): readonly string[] {
    this.#watermark = watermark;
    this.operator.advanceWatermark(watermark);
    return this.take();
  }
  clock(time: number): readonly string[] {
    this.harness.clock.advanceTo(time);
    return this.take();
  }
  take(): readonly string[] {
    return this.#out.splice(0);
  }
  get dropped(): number {
    return this.#dropped + this.harness.count('numLateRecordsDropped');
  }

  /** Snapshot, a new operator from it, and the watermark as it was: what an undisturbed operator would not notice. */
  restart(): void {
    this.#dropped = this.dropped;
    this.operator.close();
    this.harness = new OperatorHarness({
      restored: this.harness.snapshot(),
      clock: new ManualClock(this.harness.clock.now()),
    });
    this.operator = this.#open();
    this.repeatWatermark();
  }
  /** Fires what was registered behind the watermark since it came. */
  repeatWatermark(): void {
    if (this.#watermark !== null) this.operator.advanceWatermark(this.#watermark);
  }

  /** Entries of state and timers that are left. */
  get stateEntries(): readonly string[] {
    const names: string[] = [];
    for (const [name, section] of this.harness.snapshot().keyed)
      if (section.keyGroups.size > 0) names.push(name);
    return names;
  }

  /** Size of the snapshot of the event-time timers, as a measure of their number. */
  get timerBytes(): number {
    const section = this.harness.snapshot().keyed.get('_timer/window-timers/event')!;
    return [...section.keyGroups.values()].flat().reduce((sum, chunk) => sum + chunk.length, 0);
  }

  #open(): WindowOperator<number, string, W, string> {
    const { trigger, evictor, lateness, lateTag, contents, states } = this.#options;
    const fn = this.#options.function;
    const operator = new WindowOperator<number, string, W, string>(
      this.harness.ctx,
      {
        key: stringKey,
        assigner: this.#assigner as WindowAssigner<number, W>,
        trigger: trigger ?? null,
        evictor: evictor ?? null,
        allowedLateness: lateness ?? 0,
        lateTag: lateTag ?? null,
        contents: contents ?? { kind: 'elements', state: jsonState('contents') },
        function: fn === undefined ? listing<W>() : fn,
        states: states ?? {},
      },
      (value, timestamp) => this.#out.push(`${String(value)} @${timestamp === 2 ** 63 ? 'MAX' : timestamp}`),
      (tag, value, timestamp) => this.#out.push(`${tag}: ${String(value)} @${timestamp}`),
    );
    operator.open();
    return operator;
  }
}
