/**
 * Contexts and collectors that user functions are given. One object per operator: nothing is made per record. What
 * contexts and timer services offer may be taken out of them: `(value, { output }) => …`.
 */
import type {
  Collector,
  KeyedProcessContext,
  OnTimerContext,
  OutputTagLike,
  ProcessContext,
  TimeDomain,
  TimerService,
} from '../../plugins/api/functions.js';
import { MIN_TIMESTAMP } from '../../plugins/api/types.js';
import { RuntimeFault } from '../contract/fault.js';
import type { InternalTimerService, KeyedStateBackend } from '../contract/state.js';
import type { Emit, EmitSide, ProcessingTimeService } from '../contract/task.js';

/** Gives everything a function collects the timestamp of the record or timer that is being processed. */
export class TimestampedCollector<T> implements Collector<T> {
  timestamp = MIN_TIMESTAMP;
  readonly #emit: Emit<T>;

  constructor(emit: Emit<T>) {
    this.#emit = emit;
  }
  collect(record: T): void {
    this.#emit(record, this.timestamp);
  }
  /** What a function returned instead of collecting it. */
  collectAll(records: Iterable<T> | void): void {
    if (records === undefined || records === null) return;
    for (const record of records) this.#emit(record, this.timestamp);
  }
}

/** Clocks without timers: for inputs that are not keyed (§3.1). */
export class ClockOnlyTimerService implements TimerService {
  watermark = MIN_TIMESTAMP;
  readonly #processingTime: ProcessingTimeService;

  constructor(processingTime: ProcessingTimeService) {
    this.#processingTime = processingTime;
  }
  readonly currentProcessingTime = (): number => this.#processingTime.now();
  readonly currentWatermark = (): number => this.watermark;
  registerEventTimeTimer(_timestamp: number): void {
    throw notKeyed('Setting');
  }
  registerProcessingTimeTimer(_timestamp: number): void {
    throw notKeyed('Setting');
  }
  deleteEventTimeTimer(_timestamp: number): void {
    throw notKeyed('Deleting');
  }
  deleteProcessingTimeTimer(_timestamp: number): void {
    throw notKeyed('Deleting');
  }
}

/** Timers of the current key. */
export class KeyedTimerService implements TimerService {
  readonly #timers: InternalTimerService<null>;
  readonly #processingTime: ProcessingTimeService;

  constructor(timers: InternalTimerService<null>, processingTime: ProcessingTimeService) {
    this.#timers = timers;
    this.#processingTime = processingTime;
  }
  readonly currentProcessingTime = (): number => this.#processingTime.now();
  readonly currentWatermark = (): number => this.#timers.currentWatermark;
  readonly registerEventTimeTimer = (timestamp: number): void =>
    this.#timers.registerEventTimeTimer(null, timestamp);
  readonly registerProcessingTimeTimer = (timestamp: number): void =>
    this.#timers.registerProcessingTimeTimer(null, timestamp);
  readonly deleteEventTimeTimer = (timestamp: number): void =>
    this.#timers.deleteEventTimeTimer(null, timestamp);
  readonly deleteProcessingTimeTimer = (timestamp: number): void =>
    this.#timers.deleteProcessingTimeTimer(null, timestamp);
}

export class ReusedProcessContext implements ProcessContext {
  /** of the current record or timer; MIN_TIMESTAMP: none */
  recordTimestamp = MIN_TIMESTAMP;
  readonly timerService: TimerService;
  readonly #side: EmitSide;

  constructor(timerService: TimerService, side: EmitSide) {
    this.timerService = timerService;
    this.#side = side;
  }
  readonly timestamp = (): number | null =>
    this.recordTimestamp === MIN_TIMESTAMP ? null : this.recordTimestamp;
  readonly output = <X>(tag: OutputTagLike<X>, value: X): void =>
    this.#side(tag.id, value, this.outputTimestamp());
  protected outputTimestamp(): number {
    return this.recordTimestamp;
  }
}

export class ReusedKeyedContext<K> extends ReusedProcessContext implements KeyedProcessContext<K> {
  readonly #keyed: KeyedStateBackend<K>;

  constructor(keyed: KeyedStateBackend<K>, timerService: TimerService, side: EmitSide) {
    super(timerService, side);
    this.#keyed = keyed;
  }
  get currentKey(): K {
    return this.#keyed.currentKey;
  }
}

export class ReusedOnTimerContext<K> extends ReusedKeyedContext<K> implements OnTimerContext<K> {
  timeDomain: TimeDomain = 'EVENT_TIME';

  /** What a processing-time timer emits carries no timestamp (§2.6), though ctx.timestamp() is the timer's. */
  protected override outputTimestamp(): number {
    return this.timeDomain === 'EVENT_TIME' ? this.recordTimestamp : MIN_TIMESTAMP;
  }
}

function notKeyed(what: string): RuntimeFault {
  return new RuntimeFault('FC5201', {
    message: `${what} timers is only supported on a keyed streams.`,
    domain: 'user',
    fix: 'call .keyBy(...) before .process(...) and extend KeyedProcessFunction',
  });
}
