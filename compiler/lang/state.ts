/** State descriptors: name, kind and type of a state. The handles they open are in plugins/api/state.ts. */
import type { DescriptorOf } from '../../plugins/api/functions.js';
import { ship, type Shippable, type ShipReference } from '../../plugins/api/shipping.js';
import type {
  AggregatingState,
  ListState,
  MapState,
  ReducingState,
  StateTtlConfig as StateTtlSettings,
  ValueState,
} from '../../plugins/api/state.js';
import type { AggregateFunction, ReduceFunction } from './functions.js';

/**
 * `new ValueStateDescriptor<number>('count')`, with an optional default value and TTL.
 * flink: ValueStateDescriptor
 */
export class ValueStateDescriptor<T, Old extends readonly unknown[] = []>
  implements DescriptorOf<'value', ValueState<T>>, Shippable
{
  readonly stateKind = 'value';
  readonly name: string;
  readonly ttl: StateTtlSettings | undefined;
  readonly migrate: Migrations<Old, T> | undefined;
  readonly defaultValue: T | undefined;
  declare readonly __handle?: ValueState<T>;

  constructor(name: string, options: ValueStateOptions<T, Old> = {}) {
    this.name = name;
    this.ttl = options.ttl;
    this.migrate = options.migrate;
    this.defaultValue = options.defaultValue;
  }

  /** flink: StateDescriptor#enableTimeToLive */
  enableTimeToLive(ttl: StateTtlSettings): ValueStateDescriptor<T, Old> {
    return new ValueStateDescriptor<T, Old>(this.name, { ...valueOptions(this), ttl });
  }

  [ship](): ShipReference {
    return reference('ValueStateDescriptor', this.name, [], valueOptions(this));
  }
}

/** flink: ListStateDescriptor */
export class ListStateDescriptor<T, Old extends readonly unknown[] = []>
  implements DescriptorOf<'list', ListState<T>>, Shippable
{
  readonly stateKind = 'list';
  readonly name: string;
  readonly ttl: StateTtlSettings | undefined;
  readonly migrate: Migrations<Old, T> | undefined;
  declare readonly __handle?: ListState<T>;

  constructor(name: string, options: StateOptions<T, Old> = {}) {
    this.name = name;
    this.ttl = options.ttl;
    this.migrate = options.migrate;
  }

  /** flink: StateDescriptor#enableTimeToLive */
  enableTimeToLive(ttl: StateTtlSettings): ListStateDescriptor<T, Old> {
    return new ListStateDescriptor<T, Old>(this.name, { ...stateOptions(this), ttl });
  }

  [ship](): ShipReference {
    return reference('ListStateDescriptor', this.name, [], stateOptions(this));
  }
}

/** Also describes broadcast state. flink: MapStateDescriptor */
export class MapStateDescriptor<K, V, Old extends readonly unknown[] = []>
  implements DescriptorOf<'map', MapState<K, V>>, Shippable
{
  readonly stateKind = 'map';
  readonly name: string;
  readonly ttl: StateTtlSettings | undefined;
  readonly migrate: Migrations<Old, V> | undefined;
  declare readonly __handle?: MapState<K, V>;

  constructor(name: string, options: StateOptions<V, Old> = {}) {
    this.name = name;
    this.ttl = options.ttl;
    this.migrate = options.migrate;
  }

  /** flink: StateDescriptor#enableTimeToLive */
  enableTimeToLive(ttl: StateTtlSettings): MapStateDescriptor<K, V, Old> {
    return new MapStateDescriptor<K, V, Old>(this.name, { ...stateOptions(this), ttl });
  }

  [ship](): ShipReference {
    return reference('MapStateDescriptor', this.name, [], stateOptions(this));
  }
}

/** flink: ReducingStateDescriptor */
export class ReducingStateDescriptor<T, Old extends readonly unknown[] = []>
  implements DescriptorOf<'reducing', ReducingState<T>>, Shippable
{
  readonly stateKind = 'reducing';
  readonly name: string;
  readonly reduceFunction: ReduceFunction<T> | ((a: T, b: T) => T);
  readonly ttl: StateTtlSettings | undefined;
  readonly migrate: Migrations<Old, T> | undefined;
  declare readonly __handle?: ReducingState<T>;

  constructor(
    name: string,
    reduceFunction: ReduceFunction<T> | ((a: T, b: T) => T),
    options: StateOptions<T, Old> = {},
  ) {
    this.name = name;
    this.reduceFunction = reduceFunction;
    this.ttl = options.ttl;
    this.migrate = options.migrate;
  }

  /** flink: StateDescriptor#enableTimeToLive */
  enableTimeToLive(ttl: StateTtlSettings): ReducingStateDescriptor<T, Old> {
    return new ReducingStateDescriptor<T, Old>(this.name, this.reduceFunction, {
      ...stateOptions(this),
      ttl,
    });
  }

  [ship](): ShipReference {
    return reference('ReducingStateDescriptor', this.name, [this.reduceFunction], stateOptions(this));
  }
}

/** flink: AggregatingStateDescriptor */
export class AggregatingStateDescriptor<IN, ACC, OUT, Old extends readonly unknown[] = []>
  implements DescriptorOf<'aggregating', AggregatingState<IN, OUT>>, Shippable
{
  readonly stateKind = 'aggregating';
  readonly name: string;
  readonly aggregateFunction: AggregateFunction<IN, ACC, OUT>;
  readonly ttl: StateTtlSettings | undefined;
  readonly migrate: Migrations<Old, ACC> | undefined;
  declare readonly __handle?: AggregatingState<IN, OUT>;

  constructor(
    name: string,
    aggregateFunction: AggregateFunction<IN, ACC, OUT>,
    options: StateOptions<ACC, Old> = {},
  ) {
    this.name = name;
    this.aggregateFunction = aggregateFunction;
    this.ttl = options.ttl;
    this.migrate = options.migrate;
  }

  /** flink: StateDescriptor#enableTimeToLive */
  enableTimeToLive(ttl: StateTtlSettings): AggregatingStateDescriptor<IN, ACC, OUT, Old> {
    return new AggregatingStateDescriptor<IN, ACC, OUT, Old>(this.name, this.aggregateFunction, {
      ...stateOptions(this),
      ttl,
    });
  }

  [ship](): ShipReference {
    return reference('AggregatingStateDescriptor', this.name, [this.aggregateFunction], stateOptions(this));
  }
}

export interface StateOptions<V = unknown, Old extends readonly unknown[] = []> {
  readonly ttl?: StateTtlSettings | undefined;
  /**
   * Functions that make a value from one of an older type, for what flinkc does not convert by itself. `Old` lists the
   * older types, one function for each. They are asked only when a snapshot has values of exactly their type.
   *
   * @example
   * new ValueStateDescriptor<Total, [number]>('total', { migrate: [cents => ({ cents, currency: 'EUR' })] })
   */
  readonly migrate?: Migrations<Old, V> | undefined;
}
export type Migrations<Old extends readonly unknown[], V> = {
  readonly [I in keyof Old]: (old: Old[I]) => V;
};
export interface ValueStateOptions<T, Old extends readonly unknown[] = []> extends StateOptions<T, Old> {
  /** What value() gives before the first update. */
  readonly defaultValue?: T | undefined;
}

interface Described<V, Old extends readonly unknown[]> {
  readonly ttl: StateTtlSettings | undefined;
  readonly migrate: Migrations<Old, V> | undefined;
}
function stateOptions<V, Old extends readonly unknown[]>({
  ttl,
  migrate,
}: Described<V, Old>): StateOptions<V, Old> {
  return { ...(ttl && { ttl }), ...(migrate && { migrate }) };
}

function valueOptions<T, Old extends readonly unknown[]>(
  descriptor: ValueStateDescriptor<T, Old>,
): ValueStateOptions<T, Old> {
  const options = stateOptions(descriptor);
  return descriptor.defaultValue === undefined
    ? options
    : { ...options, defaultValue: descriptor.defaultValue };
}

function reference(
  name: string,
  stateName: string,
  args: readonly unknown[],
  options: object,
): ShipReference {
  const rest = Object.keys(options).length === 0 ? [] : [options];
  return { module: 'flinkc', name, args: [stateName, ...args, ...rest] };
}
