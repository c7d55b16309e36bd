import type {
  Accumulator,
  DescriptorOf,
  JobInfo,
  Parameters,
  RuntimeContext,
  TaskInfo,
} from '../../plugins/api/functions.js';
import type { MetricGroup } from '../../plugins/api/metrics.js';
import type {
  AggregatingState,
  ListState,
  MapState,
  ReducingState,
  StateDescriptorLike,
  ValueState,
} from '../../plugins/api/state.js';
import { RuntimeFault } from '../contract/fault.js';
import { withMigrations } from '../contract/state-migrations.js';
import type { AggregateLike, KeyedStateBackend, StateOptions, StateSpec } from '../contract/state.js';

export interface RuntimeContextOptions {
  readonly taskInfo: TaskInfo;
  readonly jobInfo: JobInfo;
  readonly metricGroup: MetricGroup;
  readonly params: Parameters;
  /** generated from the state manifest; a descriptor finds its codecs here by name */
  readonly states: Readonly<Record<string, StateSpec>>;
  /** null when the input is not keyed */
  readonly keyed: KeyedStateBackend<unknown> | null;
  /** of the subtask; the engine merges them when the job ends */
  readonly accumulators: Map<string, Accumulator>;
}

/** What user functions see of the runtime. */
export class StateRuntimeContext implements RuntimeContext {
  readonly taskInfo: TaskInfo;
  readonly jobInfo: JobInfo;
  readonly metricGroup: MetricGroup;
  readonly params: Parameters;
  readonly #states: Readonly<Record<string, StateSpec>>;
  readonly #keyed: KeyedStateBackend<unknown> | null;
  readonly #accumulators: Map<string, Accumulator>;

  constructor(options: RuntimeContextOptions) {
    this.taskInfo = options.taskInfo;
    this.jobInfo = options.jobInfo;
    this.metricGroup = options.metricGroup;
    this.params = options.params;
    this.#states = options.states;
    this.#keyed = options.keyed;
    this.#accumulators = options.accumulators;
  }
  getState<T>(descriptor: DescriptorOf<'value', ValueState<T>>): ValueState<T> {
    return this.#backend(descriptor).value<T>(this.#spec(descriptor), optionsOf<T>(descriptor));
  }
  getListState<T>(descriptor: DescriptorOf<'list', ListState<T>>): ListState<T> {
    return this.#backend(descriptor).list<T>(this.#spec(descriptor), optionsOf<T>(descriptor));
  }
  getMapState<K, V>(descriptor: DescriptorOf<'map', MapState<K, V>>): MapState<K, V> {
    return this.#backend(descriptor).map<K, V>(this.#spec(descriptor), optionsOf<V>(descriptor));
  }
  getReducingState<T>(descriptor: DescriptorOf<'reducing', ReducingState<T>>): ReducingState<T> {
    return this.#backend(descriptor).reducing<T>(
      this.#spec(descriptor),
      reduceOf<T>(descriptor),
      optionsOf<T>(descriptor),
    );
  }
  getAggregatingState<IN, OUT>(
    descriptor: DescriptorOf<'aggregating', AggregatingState<IN, OUT>>,
  ): AggregatingState<IN, OUT> {
    const fn = aggregateOf<IN, OUT>(descriptor);
    return this.#backend(descriptor).aggregating(this.#spec(descriptor), fn, optionsOf<unknown>(descriptor));
  }
  addAccumulator(name: string, accumulator: Accumulator): void {
    if (this.#accumulators.has(name)) {
      throw new RuntimeFault('FC5111', {
        message: `accumulator '${name}' exists already`,
        domain: 'user',
        fix: 'use another name, or getAccumulator()',
      });
    }
    this.#accumulators.set(name, accumulator);
  }
  getAccumulator(name: string): Accumulator | undefined {
    return this.#accumulators.get(name);
  }
  getIntCounter(name: string): Accumulator<number> {
    const known = this.#accumulators.get(name);
    if (known) return known as Accumulator<number>;
    const counter = new IntCounter();
    this.#accumulators.set(name, counter as Accumulator);
    return counter;
  }

  #backend(descriptor: StateDescriptorLike): KeyedStateBackend<unknown> {
    if (this.#keyed) return this.#keyed;
    throw new RuntimeFault('FC5109', {
      message: `state '${descriptor.name}' is keyed, but the input of this operator is not`,
      domain: 'user',
      fix: 'call .keyBy(...) before the operator',
      facts: { state: descriptor.name },
    });
  }
  #spec(descriptor: StateDescriptorLike): StateSpec {
    const spec = this.#states[descriptor.name];
    if (spec) return withMigrations(spec, descriptor);
    throw new RuntimeFault('FC5110', {
      message: `state '${descriptor.name}' is not in the state manifest of this operator`,
      domain: 'user',
      fix: 'give the descriptor a name that is known when the program is built',
      facts: { state: descriptor.name, known: Object.keys(this.#states).join(', ') || 'none' },
    });
  }
}

class IntCounter implements Accumulator<number> {
  localValue = 0;
  add(value: number): void {
    this.localValue += value;
  }
  merge(other: number): void {
    this.localValue += other;
  }
}

function optionsOf<T>(descriptor: StateDescriptorLike): StateOptions<T> {
  return { ttl: descriptor.ttl, defaultValue: descriptor.defaultValue as T | undefined };
}

/** The reduce function of a descriptor, whether it is a lambda or an object. */
export function reduceOf<T>(descriptor: StateDescriptorLike): (a: T, b: T) => T {
  const fn = descriptor.reduceFunction;
  if (!fn) throw incomplete(descriptor, 'reduce function');
  if (typeof fn === 'function') return fn as unknown as (a: T, b: T) => T;
  return (a, b) => fn.reduce(a as never, b as never) as T;
}

/** The aggregate function of a descriptor. */
export function aggregateOf<IN, OUT>(descriptor: StateDescriptorLike): AggregateLike<IN, unknown, OUT> {
  if (!descriptor.aggregateFunction) throw incomplete(descriptor, 'aggregate function');
  return descriptor.aggregateFunction as unknown as AggregateLike<IN, unknown, OUT>;
}

function incomplete(descriptor: StateDescriptorLike, part: string): RuntimeFault {
  return new RuntimeFault('FC5112', {
    message: `descriptor of ${descriptor.stateKind} state '${descriptor.name}' has no ${part}`,
    domain: 'user',
    fix: `pass the ${part} to the descriptor`,
  });
}
