/** State per key and window that triggers and window functions open by descriptor. */
import type { DescriptorOf } from '../../../plugins/api/functions.js';
import type {
  AggregatingState,
  ListState,
  MapState,
  ReducingState,
  State,
  StateDescriptorLike,
  ValueState,
} from '../../../plugins/api/state.js';
import type { KeyedStateAccess } from '../../../plugins/api/windowing.js';
import { RuntimeFault } from '../../contract/fault.js';
import { withMigrations } from '../../contract/state-migrations.js';
import type { AggregateLike, NamespacedState, StateOptions, StateSpec } from '../../contract/state.js';

export class DescribedWindowState<W> implements KeyedStateAccess {
  readonly #namespaced: NamespacedState<W>;
  readonly #specs: Readonly<Record<string, StateSpec>>;
  readonly #handles = new Map<string, State>();

  constructor(namespaced: NamespacedState<W>, specs: Readonly<Record<string, StateSpec>>) {
    this.#namespaced = namespaced;
    this.#specs = specs;
  }

  setWindow(window: W): void {
    this.#namespaced.setNamespace(window);
  }

  getState<T>(descriptor: DescriptorOf<'value', ValueState<T>>): ValueState<T> {
    return this.get(descriptor) as ValueState<T>;
  }
  getListState<T>(descriptor: DescriptorOf<'list', ListState<T>>): ListState<T> {
    return this.get(descriptor) as ListState<T>;
  }
  getMapState<K, V>(descriptor: DescriptorOf<'map', MapState<K, V>>): MapState<K, V> {
    return this.get(descriptor) as MapState<K, V>;
  }
  getReducingState<T>(descriptor: DescriptorOf<'reducing', ReducingState<T>>): ReducingState<T> {
    return this.get(descriptor) as ReducingState<T>;
  }
  getAggregatingState<I, O>(
    descriptor: DescriptorOf<'aggregating', AggregatingState<I, O>>,
  ): AggregatingState<I, O> {
    return this.get(descriptor) as AggregatingState<I, O>;
  }

  /** A handle of whatever kind the descriptor says; opened once. */
  get(descriptor: StateDescriptorLike): State {
    const known = this.#handles.get(descriptor.name);
    if (known) return known;
    const handle = this.#open(descriptor);
    this.#handles.set(descriptor.name, handle);
    return handle;
  }

  /** State of the windows that became `target` (§4.6). */
  merge(descriptor: StateDescriptorLike, target: W, sources: readonly W[]): void {
    this.get(descriptor);
    this.#namespaced.merge(this.#spec(descriptor), target, sources, combinerOf(descriptor));
  }

  #open(descriptor: StateDescriptorLike): State {
    const spec = this.#spec(descriptor);
    const options: StateOptions<never> = {
      ttl: descriptor.ttl,
      defaultValue: descriptor.defaultValue as never,
    };
    switch (descriptor.stateKind) {
      case 'value':
        return this.#namespaced.value(spec, options);
      case 'list':
        return this.#namespaced.list(spec, options);
      case 'map':
        return this.#namespaced.map(spec, options);
      case 'reducing':
        return this.#namespaced.reducing(spec, reduceOf(descriptor), options);
      case 'aggregating':
        return this.#namespaced.aggregating(spec, aggregateOf(descriptor), options);
    }
  }

  #spec(descriptor: StateDescriptorLike): StateSpec {
    const spec = this.#specs[descriptor.name];
    if (spec) return withMigrations(spec, descriptor);
    throw new RuntimeFault('FC5250', {
      message: `a trigger or window function opened the state '${descriptor.name}', which the compiler did not see`,
      domain: 'user',
      fix: 'give the descriptor a constant name, and make it where the compiler can see it',
    });
  }
}

function reduceOf(descriptor: StateDescriptorLike): (a: unknown, b: unknown) => unknown {
  const reduce = descriptor.reduceFunction;
  if (typeof reduce === 'function') return reduce as (a: unknown, b: unknown) => unknown;
  if (!reduce) throw new Error(`compiler bug: reducing state '${descriptor.name}' has no function`);
  return (a, b) => reduce.reduce(a as never, b as never);
}

function aggregateOf(descriptor: StateDescriptorLike): AggregateLike<unknown, unknown, unknown> {
  const aggregate = descriptor.aggregateFunction;
  if (!aggregate) throw new Error(`compiler bug: aggregating state '${descriptor.name}' has no function`);
  return aggregate as AggregateLike<unknown, unknown, unknown>;
}

function combinerOf(descriptor: StateDescriptorLike): ((a: unknown, b: unknown) => unknown) | null {
  switch (descriptor.stateKind) {
    case 'list':
      return null;
    case 'reducing':
      return reduceOf(descriptor);
    case 'aggregating': {
      const aggregate = aggregateOf(descriptor);
      return (a, b) => aggregate.merge(a, b);
    }
    case 'value':
    case 'map':
      throw new RuntimeFault('FC5251', {
        message: `the state '${descriptor.name}' of a trigger cannot be merged: only list, reducing and aggregating state can`,
        domain: 'user',
        fix: 'keep what must survive a merge of windows in a ReducingState',
      });
  }
}
