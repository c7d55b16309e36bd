/** User functions over window contents: process and apply, keyed and windowAll. */
import type { Collector, OutputTagLike, RichFunctionLike } from '../../../plugins/api/functions.js';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../../plugins/api/types.js';
import type { KeyedStateAccess, ProcessWindowContext, Window } from '../../../plugins/api/windowing.js';
import { RuntimeFault } from '../../contract/fault.js';
import { inOperator } from '../../contract/operator-failure.js';
import type { KeyedStateBackend, NamespaceCodec, StateSpec } from '../../contract/state.js';
import type { Emit, EmitSide, OperatorContext } from '../../contract/task.js';
import { DescribedWindowState } from './described-state.js';

/** A lambda, or an object with the method of that name. */
export type WindowFunctionSpec<K, W extends Window, T, OUT> =
  | {
      readonly kind: 'process';
      readonly function: ProcessFn<K, W, T, OUT> | ProcessObject<ProcessFn<K, W, T, OUT>, W>;
    }
  | {
      readonly kind: 'processAll';
      readonly function: ProcessAllFn<W, T, OUT> | ProcessObject<ProcessAllFn<W, T, OUT>, W>;
    }
  | { readonly kind: 'apply'; readonly function: ApplyFn<K, W, T, OUT> | ApplyObject<ApplyFn<K, W, T, OUT>> }
  | {
      readonly kind: 'applyAll';
      readonly function: ApplyAllFn<W, T, OUT> | ApplyObject<ApplyAllFn<W, T, OUT>>;
    };

type ProcessFn<K, W extends Window, T, OUT> = (
  key: K,
  context: ProcessWindowContext<W>,
  elements: Iterable<T>,
  out: Collector<OUT>,
) => void;
type ProcessAllFn<W extends Window, T, OUT> = (
  context: ProcessWindowContext<W>,
  elements: Iterable<T>,
  out: Collector<OUT>,
) => void;
type ApplyFn<K, W extends Window, T, OUT> = (
  key: K,
  window: W,
  elements: Iterable<T>,
  out: Collector<OUT>,
) => void;
type ApplyAllFn<W extends Window, T, OUT> = (window: W, elements: Iterable<T>, out: Collector<OUT>) => void;
type ProcessObject<Fn, W extends Window> = RichFunctionLike & {
  process: Fn;
  clear?(context: ProcessWindowContext<W>): void;
};
type ApplyObject<Fn> = RichFunctionLike & { apply: Fn };

export interface WindowFunctionHost<K, W extends Window> {
  readonly ctx: OperatorContext;
  readonly keyed: KeyedStateBackend<K>;
  readonly windowCodec: NamespaceCodec<W>;
  readonly merging: boolean;
  /** states that the function opens, by name */
  readonly states: Readonly<Record<string, StateSpec>>;
  currentWatermark(): number;
}

/** Runs one window function; what it emits carries the end of the window (§4.3). */
export class WindowFunctionRunner<K, W extends Window, T, OUT> {
  readonly #host: WindowFunctionHost<K, W>;
  readonly #rich: RichFunctionLike | null;
  readonly #context: WindowContext<K, W>;
  readonly #call: (key: K, elements: Iterable<T>) => void;
  readonly #clear: (() => void) | null;

  constructor(
    host: WindowFunctionHost<K, W>,
    spec: WindowFunctionSpec<K, W, T, OUT>,
    emit: Emit<OUT>,
    side: EmitSide,
  ) {
    this.#host = host;
    this.#rich = typeof spec.function === 'function' ? null : spec.function;
    const context = new WindowContext(host, side);
    this.#context = context;
    const out: Collector<OUT> = { collect: value => emit(value, context.timestamp) };
    this.#call = bind(spec, context, out);
    const object = spec.function as { clear?(context: ProcessWindowContext<W>): void };
    this.#clear = typeof object.clear === 'function' ? () => object.clear!(context) : null;
  }

  /** Window clean-up has to be announced. */
  get clears(): boolean {
    return this.#clear !== null;
  }

  open(): void {
    this.#rich?.setRuntimeContext?.(
      this.#host.ctx.runtimeContext(this.#host.states, this.#host.keyed as KeyedStateBackend<unknown>),
    );
    inOperator(this.#host.ctx.index, () => this.#rich?.open?.({}));
  }

  process(key: K, window: W, elements: Iterable<T>): void {
    this.#context.setWindow(window);
    this.#call(key, elements);
  }

  clear(window: W): void {
    if (this.#clear === null) return;
    this.#context.setWindow(window);
    this.#clear();
  }

  close(): void {
    this.#rich?.close?.();
  }
}

function bind<K, W extends Window, T, OUT>(
  spec: WindowFunctionSpec<K, W, T, OUT>,
  context: WindowContext<K, W>,
  out: Collector<OUT>,
): (key: K, elements: Iterable<T>) => void {
  switch (spec.kind) {
    case 'process': {
      const fn = spec.function;
      if (typeof fn === 'function') return (key, elements) => fn(key, context, elements, out);
      return (key, elements) => fn.process(key, context, elements, out);
    }
    case 'processAll': {
      const fn = spec.function;
      if (typeof fn === 'function') return (_, elements) => fn(context, elements, out);
      return (_, elements) => fn.process(context, elements, out);
    }
    case 'apply': {
      const fn = spec.function;
      if (typeof fn === 'function') return (key, elements) => fn(key, context.window, elements, out);
      return (key, elements) => fn.apply(key, context.window, elements, out);
    }
    case 'applyAll': {
      const fn = spec.function;
      if (typeof fn === 'function') return (_, elements) => fn(context.window, elements, out);
      return (_, elements) => fn.apply(context.window, elements, out);
    }
  }
}

/** One object for all firings; the window is set before each. Its functions may be taken out of it. */
class WindowContext<K, W extends Window> implements ProcessWindowContext<W> {
  readonly #host: WindowFunctionHost<K, W>;
  readonly #side: EmitSide;
  #window: W | null = null;
  #perWindow: DescribedWindowState<W> | null = null;
  #perKey: KeyedStateAccess | null = null;
  timestamp = MIN_TIMESTAMP;

  constructor(host: WindowFunctionHost<K, W>, side: EmitSide) {
    this.#host = host;
    this.#side = side;
  }

  get window(): W {
    return this.#window!;
  }

  setWindow(window: W): void {
    this.#window = window;
    this.timestamp = Math.min(window.maxTimestamp(), MAX_TIMESTAMP);
    this.#perWindow?.setWindow(window);
  }

  readonly currentProcessingTime = (): number => this.#host.ctx.processingTime.now();

  readonly currentWatermark = (): number => this.#host.currentWatermark();

  readonly windowState = (): KeyedStateAccess => {
    if (this.#host.merging) {
      throw new RuntimeFault('FC5252', {
        message: 'Per-window state is not allowed when using merging windows.',
        domain: 'user',
        fix: 'use globalState(), or windows that do not merge',
      });
    }
    if (this.#perWindow === null) {
      this.#perWindow = new DescribedWindowState(
        this.#host.keyed.windowed(this.#host.windowCodec),
        this.#host.states,
      );
      this.#perWindow.setWindow(this.window);
    }
    return this.#perWindow;
  };

  readonly globalState = (): KeyedStateAccess => {
    this.#perKey ??= this.#host.ctx.runtimeContext(
      this.#host.states,
      this.#host.keyed as KeyedStateBackend<unknown>,
    );
    return this.#perKey;
  };

  readonly output = <X>(tag: OutputTagLike<X>, value: X): void => this.#side(tag.id, value, this.timestamp);
}
