/** What a window keeps of its records: one accumulator, all of them, or all of them with timestamps for an evictor. */
import { MIN_TIMESTAMP } from '../../../plugins/api/types.js';
import type { ListState, ValueState } from '../../../plugins/api/state.js';
import type { Evictor, EvictorContext, TimestampedValue, Window } from '../../../plugins/api/windowing.js';
import type { ByteReader, ByteWriter } from '../../contract/bytes.js';
import type { ValueCodec } from '../../contract/codec.js';
import type { AggregateLike, NamespacedState, StateSpec } from '../../contract/state.js';

/** `state` describes the accumulator (for reduce: a record). With an evictor it always describes a record. */
export type WindowContentsSpec<IN> =
  | { readonly kind: 'reduce'; readonly state: StateSpec; readonly reduce: (a: IN, b: IN) => IN }
  | {
      readonly kind: 'aggregate';
      readonly state: StateSpec;
      readonly aggregate: AggregateLike<IN, unknown, unknown>;
    }
  /** process and apply: in order of arrival */
  | { readonly kind: 'elements'; readonly state: StateSpec };

/** Works on the window set last. */
export interface WindowContents<IN, W extends Window> {
  setWindow(stateWindow: W): void;
  /** False when the window is known to have had contents before. */
  add(value: IN, timestamp: number): boolean;
  /** What the window function sees, null when there is nothing. The key and the state window are set. */
  fire(window: W): Iterable<unknown> | null;
  /** After the window function. */
  fired(window: W): void;
  clear(): void;
  merge(target: W, sources: readonly W[]): void;
}

export function windowContents<IN, W extends Window>(
  spec: WindowContentsSpec<IN>,
  state: NamespacedState<W>,
  evictor: Evictor<IN, W> | null,
  context: EvictorContext,
): WindowContents<IN, W> {
  if (evictor !== null) return new EvictingContents(spec, state, evictor, context);
  switch (spec.kind) {
    case 'reduce':
      return new ReducingContents(spec, state);
    case 'aggregate':
      return new AggregatingContents(spec, state);
    case 'elements':
      return new ElementContents(spec, state);
  }
}

class ReducingContents<IN, W extends Window> implements WindowContents<IN, W> {
  readonly #state: NamespacedState<W>;
  readonly #spec: StateSpec;
  readonly #value: ValueState<IN>;
  readonly #reduce: (a: IN, b: IN) => IN;

  constructor(spec: WindowContentsSpec<IN> & { readonly kind: 'reduce' }, state: NamespacedState<W>) {
    this.#state = state;
    this.#spec = spec.state;
    this.#value = state.accumulator(spec.state);
    this.#reduce = spec.reduce;
  }

  setWindow(stateWindow: W): void {
    this.#state.setNamespace(stateWindow);
  }
  add(value: IN): boolean {
    const current = this.#value.value();
    this.#value.update(current === null ? value : this.#reduce(current, value));
    return current === null;
  }
  fire(): Iterable<unknown> | null {
    const value = this.#value.value();
    return value === null ? null : [value];
  }
  fired(): void {}
  clear(): void {
    this.#value.clear();
  }
  merge(target: W, sources: readonly W[]): void {
    this.#state.merge(this.#spec, target, sources, this.#reduce as (a: unknown, b: unknown) => unknown);
  }
}

class AggregatingContents<IN, W extends Window> implements WindowContents<IN, W> {
  readonly #state: NamespacedState<W>;
  readonly #spec: StateSpec;
  readonly #accumulator: ValueState<unknown>;
  readonly #aggregate: AggregateLike<IN, unknown, unknown>;

  constructor(spec: WindowContentsSpec<IN> & { readonly kind: 'aggregate' }, state: NamespacedState<W>) {
    this.#state = state;
    this.#spec = spec.state;
    this.#accumulator = state.accumulator(spec.state);
    this.#aggregate = spec.aggregate;
  }

  setWindow(stateWindow: W): void {
    this.#state.setNamespace(stateWindow);
  }
  add(value: IN): boolean {
    const current = this.#accumulator.value();
    this.#accumulator.update(
      this.#aggregate.add(value, current === null ? this.#aggregate.createAccumulator() : current),
    );
    return current === null;
  }
  fire(): Iterable<unknown> | null {
    const accumulator = this.#accumulator.value();
    return accumulator === null ? null : [this.#aggregate.getResult(accumulator)];
  }
  fired(): void {}
  clear(): void {
    this.#accumulator.clear();
  }
  merge(target: W, sources: readonly W[]): void {
    this.#state.merge(this.#spec, target, sources, (a, b) => this.#aggregate.merge(a, b));
  }
}

class ElementContents<IN, W extends Window> implements WindowContents<IN, W> {
  readonly #state: NamespacedState<W>;
  readonly #spec: StateSpec;
  readonly #elements: ListState<IN>;

  constructor(spec: WindowContentsSpec<IN>, state: NamespacedState<W>) {
    this.#state = state;
    this.#spec = { ...spec.state, kind: 'list', layout: 'object' };
    this.#elements = state.list(this.#spec);
  }

  setWindow(stateWindow: W): void {
    this.#state.setNamespace(stateWindow);
  }
  add(value: IN): boolean {
    this.#elements.add(value);
    return true;
  }
  fire(): Iterable<unknown> | null {
    // A copy: the function may keep what it is given, and the state goes on changing.
    const elements = [...this.#elements.get()];
    return elements.length === 0 ? null : elements;
  }
  fired(): void {}
  clear(): void {
    this.#elements.clear();
  }
  merge(target: W, sources: readonly W[]): void {
    this.#state.merge(this.#spec, target, sources, null);
  }
}

/** flink: EvictingWindowOperator. An aggregation is computed when the window fires, from what the evictor left. */
class EvictingContents<IN, W extends Window> implements WindowContents<IN, W> {
  readonly #state: NamespacedState<W>;
  readonly #spec: StateSpec;
  readonly #elements: ListState<TimestampedValue<IN>>;
  readonly #aggregation: WindowContentsSpec<IN>;
  readonly #evictor: Evictor<IN, W>;
  readonly #context: EvictorContext;
  #kept: readonly TimestampedValue<IN>[] = [];

  constructor(
    spec: WindowContentsSpec<IN>,
    state: NamespacedState<W>,
    evictor: Evictor<IN, W>,
    context: EvictorContext,
  ) {
    this.#state = state;
    this.#spec = {
      ...spec.state,
      kind: 'list',
      layout: 'object',
      value: timestampedCodec(spec.state.value),
      schema: { kind: 'tuple', items: [{ kind: 'timestamp' }, spec.state.schema] },
    };
    this.#elements = state.list(this.#spec);
    this.#aggregation = spec;
    this.#evictor = evictor;
    this.#context = context;
  }

  setWindow(stateWindow: W): void {
    this.#state.setNamespace(stateWindow);
  }
  add(value: IN, timestamp: number): boolean {
    this.#elements.add({ value, timestamp });
    return true;
  }
  fire(window: W): Iterable<unknown> | null {
    const elements = [...this.#elements.get()];
    if (elements.length === 0) return null;
    this.#kept = this.#evictor.evictBefore(elements, window, this.#context);
    return this.#aggregated(this.#kept.map(element => element.value));
  }
  fired(window: W): void {
    if (this.#kept.length === 0) {
      this.#elements.clear();
      return;
    }
    this.#elements.update(this.#evictor.evictAfter(this.#kept, window, this.#context));
    this.#kept = [];
  }
  clear(): void {
    this.#elements.clear();
  }
  merge(target: W, sources: readonly W[]): void {
    this.#state.merge(this.#spec, target, sources, null);
  }

  #aggregated(values: readonly IN[]): Iterable<unknown> | null {
    const spec = this.#aggregation;
    switch (spec.kind) {
      case 'elements':
        return values;
      case 'reduce':
        return values.length === 0 ? null : [values.reduce((a, b) => spec.reduce(a, b))];
      case 'aggregate': {
        let accumulator = spec.aggregate.createAccumulator();
        for (const value of values) accumulator = spec.aggregate.add(value, accumulator);
        return [spec.aggregate.getResult(accumulator)];
      }
    }
  }
}

function timestampedCodec<T>(value: ValueCodec): ValueCodec<TimestampedValue<T>> {
  return {
    fingerprint: `timestamped-1:${value.fingerprint}`,
    write(out: ByteWriter, element: TimestampedValue<T>): void {
      out.f64(element.timestamp);
      value.write(out, element.value);
    },
    read(from: ByteReader): TimestampedValue<T> {
      const timestamp = from.f64();
      return {
        value: value.read(from) as T,
        timestamp: timestamp <= MIN_TIMESTAMP ? MIN_TIMESTAMP : timestamp,
      };
    },
  };
}
