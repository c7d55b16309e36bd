/** Joins records of two keyed streams whose timestamps lie close together (datastream-semantics §5). flink: IntervalJoinOperator */
import type {
  Collector,
  JoinContext,
  OutputTagLike,
  RichFunctionLike,
} from '../../../plugins/api/functions.js';
import type { MapState } from '../../../plugins/api/state.js';
import { MIN_TIMESTAMP } from '../../../plugins/api/types.js';
import type { ByteReader, ByteWriter } from '../../contract/bytes.js';
import type { ValueCodec } from '../../contract/codec.js';
import { RuntimeFault } from '../../contract/fault.js';
import { minimumSize } from '../../contract/minimum-size.js';
import { inOperator } from '../../contract/operator-failure.js';
import type {
  InternalTimerService,
  KeyedStateBackend,
  KeyType,
  NamespaceCodec,
  StateSpec,
  TimerHandler,
} from '../../contract/state.js';
import type { Emit, EmitSide, OperatorContext } from '../../contract/task.js';
import { listenToCheckpoints } from '../user-function.js';

type ProcessJoin<L, R, OUT> = (left: L, right: R, context: JoinContext, out: Collector<OUT>) => void;

export interface IntervalJoinSpec<L, R, OUT> {
  readonly key: KeyType;
  /** ms, relative to the left record: left + lower ≤ right ≤ left + upper */
  readonly lower: number;
  readonly upper: number;
  readonly lowerExclusive: boolean;
  readonly upperExclusive: boolean;
  readonly leftLateTag: string | null;
  readonly rightLateTag: string | null;
  /** a lambda, or a ProcessJoinFunction */
  readonly function: ProcessJoin<L, R, OUT> | (RichFunctionLike & { processElement: ProcessJoin<L, R, OUT> });
  /** a left and a right record; their names become those of the buffers */
  readonly left: StateSpec;
  readonly right: StateSpec;
  /** states that the function opens */
  readonly states: Readonly<Record<string, StateSpec>>;
}

type Side = 'left' | 'right';

export class IntervalJoinOperator<K, L, R, OUT> implements TimerHandler<K, Side>, JoinContext {
  readonly pending = 0;
  readonly canAccept = true;
  readonly #ctx: OperatorContext;
  readonly #spec: IntervalJoinSpec<L, R, OUT>;
  readonly #side: EmitSide;
  readonly #keyed: KeyedStateBackend<K>;
  readonly #timers: InternalTimerService<Side>;
  readonly #leftBuffer: MapState<number, L[]>;
  readonly #rightBuffer: MapState<number, R[]>;
  readonly #process: ProcessJoin<L, R, OUT>;
  readonly #out: Collector<OUT>;
  /** both inclusive */
  readonly #lower: number;
  readonly #upper: number;
  leftTimestamp = MIN_TIMESTAMP;
  rightTimestamp = MIN_TIMESTAMP;
  timestamp = MIN_TIMESTAMP;

  constructor(ctx: OperatorContext, spec: IntervalJoinSpec<L, R, OUT>, emit: Emit<OUT>, side: EmitSide) {
    this.#ctx = ctx;
    this.#spec = spec;
    this.#side = side;
    this.#lower = spec.lowerExclusive ? spec.lower + 1 : spec.lower;
    this.#upper = spec.upperExclusive ? spec.upper - 1 : spec.upper;
    if (this.#lower > this.#upper) throw emptyInterval(this.#lower, this.#upper);
    this.#keyed = ctx.keyedState<K>(spec.key);
    this.#leftBuffer = this.#keyed.map(bufferSpec(spec.left));
    this.#rightBuffer = this.#keyed.map(bufferSpec(spec.right));
    this.#timers = this.#keyed.timers('clean-up', sideCodec, this);
    const fn = spec.function;
    this.#process =
      typeof fn === 'function'
        ? fn
        : (left, right, context, out) => fn.processElement(left, right, context, out);
    this.#out = { collect: value => emit(value, this.timestamp) };
  }

  open(): void {
    const fn = this.#spec.function;
    if (typeof fn === 'function') return;
    fn.setRuntimeContext?.(
      this.#ctx.runtimeContext(this.#spec.states, this.#keyed as KeyedStateBackend<unknown>),
    );
    listenToCheckpoints(fn, this.#ctx);
    inOperator(this.#ctx.index, () => fn.open?.({}));
  }

  /** Left. Makes the key the current one. */
  processElement1(value: L, timestamp: number, key: K): void {
    if (timestamp === MIN_TIMESTAMP) throw missingJoinTimestamp();
    if (this.#isLate(timestamp)) {
      if (this.#spec.leftLateTag !== null) this.#side(this.#spec.leftLateTag, value, timestamp);
      return;
    }
    this.#keyed.setCurrentKey(key);
    append(this.#leftBuffer, value, timestamp);
    this.leftTimestamp = timestamp;
    for (const [rightTimestamp, records] of this.#rightBuffer.entries()) {
      if (rightTimestamp < timestamp + this.#lower || rightTimestamp > timestamp + this.#upper) continue;
      this.rightTimestamp = rightTimestamp;
      this.timestamp = Math.max(timestamp, rightTimestamp);
      for (const right of records) this.#process(value, right, this, this.#out);
    }
    this.#timers.registerEventTimeTimer('left', timestamp + Math.max(this.#upper, 0));
  }

  /** Right. Makes the key the current one. */
  processElement2(value: R, timestamp: number, key: K): void {
    if (timestamp === MIN_TIMESTAMP) throw missingJoinTimestamp();
    if (this.#isLate(timestamp)) {
      if (this.#spec.rightLateTag !== null) this.#side(this.#spec.rightLateTag, value, timestamp);
      return;
    }
    this.#keyed.setCurrentKey(key);
    append(this.#rightBuffer, value, timestamp);
    this.rightTimestamp = timestamp;
    for (const [leftTimestamp, records] of this.#leftBuffer.entries()) {
      if (leftTimestamp < timestamp - this.#upper || leftTimestamp > timestamp - this.#lower) continue;
      this.leftTimestamp = leftTimestamp;
      this.timestamp = Math.max(timestamp, leftTimestamp);
      for (const left of records) this.#process(left, value, this, this.#out);
    }
    this.#timers.registerEventTimeTimer('right', timestamp + Math.max(-this.#lower, 0));
  }

  advanceWatermark(watermark: number): void {
    this.#timers.advanceWatermark(watermark);
  }

  onKeyEnd(): void {
    this.#timers.fireAllForKeyEnd();
  }

  /** Nothing that may still come can join these records. */
  onEventTime(timestamp: number, _key: K, side: Side): void {
    if (side === 'left') this.#leftBuffer.remove(timestamp - Math.max(this.#upper, 0));
    else this.#rightBuffer.remove(timestamp - Math.max(-this.#lower, 0));
  }

  onProcessingTime(): void {}

  output<X>(tag: OutputTagLike<X>, value: X): void {
    this.#side(tag.id, value, this.timestamp);
  }

  endInput(): void {}
  prepareSnapshot(): void {}
  finish(): void {}

  close(): void {
    if (typeof this.#spec.function !== 'function') this.#spec.function.close?.();
  }

  #isLate(timestamp: number): boolean {
    return timestamp < this.#timers.currentWatermark;
  }
}

function append<T>(buffer: MapState<number, T[]>, value: T, timestamp: number): void {
  const records = buffer.get(timestamp) ?? [];
  records.push(value);
  buffer.put(timestamp, records);
}

const sideCodec: NamespaceCodec<Side> = {
  schema: { kind: 'enum', values: ['left', 'right'] },
  id: side => side,
  write: (out, side) => out.u8(side === 'left' ? 0 : 1),
  read: from => (from.u8() === 0 ? 'left' : 'right'),
};

const timestampCodec: ValueCodec = {
  fingerprint: 'timestamp',
  write: (out, timestamp) => out.f64(timestamp as number),
  read: from => from.f64(),
};

/** Timestamp → records with it. */
function bufferSpec(record: StateSpec): StateSpec {
  return {
    name: record.name,
    kind: 'map',
    layout: 'object',
    key: timestampCodec,
    keySchema: { kind: 'timestamp' },
    value: listCodec(record) as ValueCodec,
    schema: { kind: 'list', of: record.schema },
  };
}

/** As generated codecs write lists: elements that may take no bytes get one. */
function listCodec({ value: record, schema }: StateSpec): ValueCodec<readonly unknown[]> {
  const minimum = minimumSize(schema);
  return {
    fingerprint: `list:${record.fingerprint}`,
    write(out: ByteWriter, records: readonly unknown[]): void {
      out.varint(records.length);
      for (const each of records) {
        record.write(out, each);
        if (minimum === 0) out.u8(0);
      }
    },
    read(from: ByteReader): readonly unknown[] {
      const records: unknown[] = [];
      for (let n = from.count(Math.max(minimum, 1)); n > 0; n--) {
        records.push(record.read(from));
        if (minimum === 0) from.u8();
      }
      return records;
    },
  };
}

function missingJoinTimestamp(): RuntimeFault {
  return new RuntimeFault('FC5256', {
    message: 'A record without a timestamp reached an interval join.',
    domain: 'user',
    fix: 'give the sources watermark strategies with timestamp assigners, or call .assignTimestampsAndWatermarks(...)',
  });
}

function emptyInterval(lower: number, upper: number): RuntimeFault {
  return new RuntimeFault('FC5257', {
    message: `The interval of an interval join is empty: its lower bound ${lower} is greater than its upper bound ${upper}.`,
    domain: 'user',
    fix: 'call between(lower, upper) with lower ≤ upper, and make bounds exclusive only if something remains between them',
  });
}
