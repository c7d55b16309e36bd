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
export class ValueStateDescriptor<T> implements DescriptorOf<'value', ValueState<T>>, Shippable {
  readonly stateKind = 'value';
  readonly name: string;
  readonly ttl: StateTtlSettings | undefined;
  readonly defaultValue: T | undefined;
  declare readonly __handle?: ValueState<T>;

  constructor(name: string, options: ValueStateOptions<T> = {}) {
    this.name = name;
    this.ttl = options.ttl;
    this.defaultValue = options.defaultValue;
  }

  /** flink: StateDescriptor#enableTimeToLive */
  enableTimeToLive(ttl: StateTtlSettings): ValueStateDescriptor<T> {
    return new ValueStateDescriptor(this.name, { ...valueOptions(this), ttl });
  }

  [ship](): ShipReference {
    return reference('ValueStateDescriptor', this.name, [], valueOptions(this));
  }
}

/** flink: ListStateDescriptor */
export class ListStateDescriptor<T> implements DescriptorOf<'list', ListState<T>>, Shippable {
  readonly stateKind = 'list';
  readonly name: string;
  readonly ttl: StateTtlSettings | undefined;
  declare readonly __handle?: ListState<T>;

  constructor(name: string, options: StateOptions = {}) {
    this.name = name;
    this.ttl = options.ttl;
  }

  /** flink: StateDescriptor#enableTimeToLive */
  enableTimeToLive(ttl: StateTtlSettings): ListStateDescriptor<T> {
    return new ListStateDescriptor(this.name, { ttl });
  }

  [ship](): ShipReference {
    return reference('ListStateDescriptor', this.name, [], ttlOptions(this));
  }
}

/** Also describes broadcast state. flink: MapStateDescriptor */
export class MapStateDescriptor<K, V> implements DescriptorOf<'map', MapState<K, V>>, Shippable {
  readonly stateKind = 'map';
  readonly name: string;
  readonly ttl: StateTtlSettings | undefined;
  declare readonly __handle?: MapState<K, V>;

  constructor(name: string, options: StateOptions = {}) {
    this.name = name;
    this.ttl = options.ttl;
  }

  /** flink: StateDescriptor#enableTimeToLive */
  enableTimeToLive(ttl: StateTtlSettings): MapStateDescriptor<K, V> {
    return new MapStateDescriptor(this.name, { ttl });
  }

  [ship](): ShipReference {
    return reference('MapStateDescriptor', this.name, [], ttlOptions(this));
  }
}

/** flink: ReducingStateDescriptor */
export class ReducingStateDescriptor<T> implements DescriptorOf<'reducing', ReducingState<T>>, Shippable {
  readonly stateKind = 'reducing';
  readonly name: string;
  readonly reduceFunction: ReduceFunction<T> | ((a: T, b: T) => T);
  readonly ttl: StateTtlSettings | undefined;
  declare readonly __handle?: ReducingState<T>;

  constructor(
    name: string,
    reduceFunction: ReduceFunction<T> | ((a: T, b: T) => T),
    options: StateOptions = {},
  ) {
    this.name = name;
    this.reduceFunction = reduceFunction;
    this.ttl = options.ttl;
  }

  /** flink: StateDescriptor#enableTimeToLive */
  enableTimeToLive(ttl: StateTtlSettings): ReducingStateDescriptor<T> {
    return new ReducingStateDescriptor(this.name, this.reduceFunction, { ttl });
  }

  [ship](): ShipReference {
    return reference('ReducingStateDescriptor', this.name, [this.reduceFunction], ttlOptions(this));
  }
}

/** flink: AggregatingStateDescriptor */
export class AggregatingStateDescriptor<IN, ACC, OUT>
  implements DescriptorOf<'aggregating', AggregatingState<IN, OUT>>, Shippable
{
  readonly stateKind = 'aggregating';
  readonly name: string;
  readonly aggregateFunction: AggregateFunction<IN, ACC, OUT>;
  readonly ttl: StateTtlSettings | undefined;
  declare readonly __handle?: AggregatingState<IN, OUT>;

  constructor(name: string, aggregateFunction: AggregateFunction<IN, ACC, OUT>, options: StateOptions = {}) {
    this.name = name;
    this.aggregateFunction = aggregateFunction;
    this.ttl = options.ttl;
  }

  /** flink: StateDescriptor#enableTimeToLive */
  enableTimeToLive(ttl: StateTtlSettings): AggregatingStateDescriptor<IN, ACC, OUT> {
    return new AggregatingStateDescriptor(this.name, this.aggregateFunction, { ttl });
  }

  [ship](): ShipReference {
    return reference('AggregatingStateDescriptor', this.name, [this.aggregateFunction], ttlOptions(this));
  }
}

export interface StateOptions {
  readonly ttl?: StateTtlSettings | undefined;
}
export interface ValueStateOptions<T> extends StateOptions {
  /** What value() gives before the first update. */
  readonly defaultValue?: T | undefined;
}

function ttlOptions(descriptor: { readonly ttl: StateTtlSettings | undefined }): StateOptions {
  return descriptor.ttl === undefined ? {} : { ttl: descriptor.ttl };
}

function valueOptions<T>(descriptor: ValueStateDescriptor<T>): ValueStateOptions<T> {
  const options = ttlOptions(descriptor);
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
