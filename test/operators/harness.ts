/** A fake OperatorContext with a manual clock and mailbox, over the real heap backend. */
import type { Accumulator, Parameters, RuntimeContext } from '../../plugins/api/functions.js';
import type { Counter, Gauge, Histogram, Meter, MetricGroup } from '../../plugins/api/metrics.js';
import type { Schema } from '../../plugins/api/schema.js';
import { MIN_TIMESTAMP } from '../../plugins/api/types.js';
import type { ValueCodec } from '../../runtime/contract/codec.js';
import type {
  KeyedStateBackend,
  KeyType,
  OperatorSnapshot,
  OperatorStateBackend,
  StateSpec,
} from '../../runtime/contract/state.js';
import type {
  Emit,
  EmitSide,
  OperatorContext,
  OperatorSpec,
  ProcessingTimeService,
} from '../../runtime/contract/task.js';
import { StateRuntimeContext } from '../../runtime/state/index.js';
import { openStateForTest, type TestState } from './state-for-test.js';

/** Time stands still until a test moves it. */
export class ManualClock implements ProcessingTimeService {
  #now: number;
  #nextHandle = 1;
  readonly #scheduled = new Map<
    number,
    { readonly timestamp: number; readonly callback: (timestamp: number) => void }
  >();

  constructor(now = 0) {
    this.#now = now;
  }
  now(): number {
    return this.#now;
  }
  schedule(timestamp: number, callback: (timestamp: number) => void): number {
    const handle = this.#nextHandle++;
    this.#scheduled.set(handle, { timestamp, callback });
    return handle;
  }
  cancel(handle: number): void {
    this.#scheduled.delete(handle);
  }
  get pending(): number {
    return this.#scheduled.size;
  }
  /** Moves the clock; whatever is due on the way runs at its time, one millisecond after its timestamp. */
  advanceTo(now: number): void {
    for (;;) {
      let first:
        [number, { readonly timestamp: number; readonly callback: (timestamp: number) => void }] | null =
        null;
      for (const entry of this.#scheduled) {
        if (entry[1].timestamp < now && (first === null || entry[1].timestamp < first[1].timestamp))
          first = entry;
      }
      if (!first) break;
      this.#scheduled.delete(first[0]);
      this.#now = Math.max(this.#now, first[1].timestamp + 1);
      first[1].callback(first[1].timestamp);
    }
    this.#now = Math.max(this.#now, now);
  }
}

class TestMetrics implements MetricGroup {
  readonly counters = new Map<string, Counter & { count: number }>();
  counter(name: string): Counter {
    const known = this.counters.get(name);
    if (known) return known;
    const counter = {
      count: 0,
      inc(n = 1) {
        counter.count += n;
      },
      dec(n = 1) {
        counter.count -= n;
      },
    };
    this.counters.set(name, counter);
    return counter;
  }
  gauge<T extends number | string | boolean>(_name: string, read: () => T): Gauge<T> {
    return {
      get value() {
        return read();
      },
    };
  }
  histogram(_name: string): Histogram {
    throw new Error('no test needs histograms');
  }
  meter(_name: string): Meter {
    throw new Error('no test needs meters');
  }
  addGroup(_name: string, _value?: string): MetricGroup {
    return this;
  }
}

export interface TestContextOptions {
  readonly clock?: ManualClock;
  readonly batchMode?: boolean;
  readonly restore?: readonly OperatorSnapshot[] | null;
  readonly subtask?: number;
  readonly parallelism?: number;
  readonly maxParallelism?: number;
}

export class TestOperatorContext implements OperatorContext {
  readonly spec: OperatorSpec = { uid: 'op', uidHash: '0'.repeat(32), name: 'op', origin: 'test.ts:1:1' };
  readonly index = 0;
  readonly subtask: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly params: Parameters = {
    get: name => {
      throw new Error(`no parameter ${name}`);
    },
    getOptional: () => undefined,
    all: {},
  };
  readonly metricGroup = new TestMetrics();
  readonly processingTime: ManualClock;
  readonly batchMode: boolean;
  readonly accumulators = new Map<string, Accumulator>();
  readonly tracked: Promise<unknown>[] = [];
  readonly #state: TestState;
  readonly #mails: (() => void)[] = [];

  constructor(options: TestContextOptions = {}) {
    this.subtask = options.subtask ?? 0;
    this.parallelism = options.parallelism ?? 1;
    this.maxParallelism = options.maxParallelism ?? 128;
    this.processingTime = options.clock ?? new ManualClock();
    this.batchMode = options.batchMode ?? false;
    this.#state = openStateForTest({
      operator: this.spec,
      subtask: this.subtask,
      parallelism: this.parallelism,
      maxParallelism: this.maxParallelism,
      processingTime: this.processingTime,
      batchMode: this.batchMode,
      restore: options.restore ?? null,
    });
  }
  keyedState<K>(key: KeyType): KeyedStateBackend<K> {
    return this.#state.keyed(key);
  }
  get operatorState(): OperatorStateBackend {
    return this.#state.operator;
  }
  runtimeContext(
    states: Readonly<Record<string, StateSpec>>,
    keyed: KeyedStateBackend<unknown> | null,
  ): RuntimeContext {
    return new StateRuntimeContext({
      taskInfo: {
        taskName: 'task',
        indexOfThisSubtask: this.subtask,
        numberOfParallelSubtasks: this.parallelism,
        maxNumberOfParallelSubtasks: this.maxParallelism,
        attemptNumber: 0,
      },
      jobInfo: { jobId: '0'.repeat(32), jobName: 'job' },
      metricGroup: this.metricGroup,
      params: this.params,
      states,
      keyed,
      accumulators: this.accumulators,
    });
  }
  addCheckpointListener(): void {}
  enqueue(callback: () => void): void {
    this.#mails.push(callback);
  }
  track(promise: Promise<unknown>): void {
    this.tracked.push(promise);
  }
  /** Runs what was enqueued, and what that enqueues. */
  runMailbox(): void {
    for (let mail = this.#mails.shift(); mail; mail = this.#mails.shift()) mail();
  }
  snapshot(): OperatorSnapshot {
    return this.#state.snapshot();
  }
}

/** What an operator emitted: `value@timestamp`, `tag:value@timestamp` for side outputs, `wm timestamp`. */
export class Collected {
  readonly lines: string[] = [];
  readonly values: unknown[] = [];
  readonly emit: Emit<unknown> = (value, timestamp) => {
    this.values.push(value);
    this.lines.push(`${show(value)}@${at(timestamp)}`);
  };
  readonly side: EmitSide = (tag, value, timestamp) => {
    this.lines.push(`${tag}:${show(value)}@${at(timestamp)}`);
  };
  readonly target = {
    onWatermark: (watermark: number): void => void this.lines.push(`wm ${watermark}`),
    onIdle: (idle: boolean): void => void this.lines.push(idle ? 'idle' : 'active'),
    onEndOfInput: (): void => void this.lines.push('end'),
  };
  take(): string[] {
    return this.lines.splice(0);
  }
}
function at(timestamp: number): string {
  return timestamp === MIN_TIMESTAMP ? 'none' : String(timestamp);
}
function show(value: unknown): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value, (_name, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part));
}

/** Codecs of primitives; JSON for the rest is enough for tests. */
export const codecs = {
  float64: {
    fingerprint: 'float64',
    write: (out, value) => out.f64(value as number),
    read: from => from.f64(),
  },
  int32: { fingerprint: 'int32', write: (out, value) => out.i32(value as number), read: from => from.i32() },
  string: {
    fingerprint: 'string',
    write: (out, value) => out.string(value as string),
    read: from => from.string(),
  },
  bool: { fingerprint: 'bool', write: (out, value) => out.u8(value ? 1 : 0), read: from => from.u8() === 1 },
  json: {
    fingerprint: 'json',
    write: (out, value) =>
      out.string(
        JSON.stringify(value, (_, part: unknown) =>
          typeof part === 'bigint' ? { $bigint: String(part) } : part,
        ),
      ),
    read: from =>
      JSON.parse(from.string(), (_, part: { readonly $bigint?: string } | null) =>
        part?.$bigint === undefined ? part : BigInt(part.$bigint),
      ) as unknown,
  },
} as const satisfies Record<string, ValueCodec>;

const schemas: Readonly<Record<keyof typeof codecs, Schema>> = {
  float64: { kind: 'float64' },
  int32: { kind: 'int32' },
  string: { kind: 'string' },
  bool: { kind: 'bool' },
  json: { kind: 'json' },
};
export type TestType = keyof typeof codecs;

export function keyType(type: TestType): KeyType {
  return { schema: schemas[type], codec: codecs[type] };
}
export function stateSpec(
  name: string,
  kind: StateSpec['kind'],
  value: TestType = 'float64',
  key?: TestType,
): StateSpec {
  const layout = value === 'json' ? 'object' : value;
  const spec: StateSpec = { name, kind, layout, value: codecs[value], schema: schemas[value] };
  return key ? { ...spec, key: codecs[key], keySchema: schemas[key] } : spec;
}
export function specs(...list: readonly StateSpec[]): Readonly<Record<string, StateSpec>> {
  return Object.fromEntries(list.map(spec => [spec.name, spec]));
}
