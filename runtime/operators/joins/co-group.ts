/** coGroup and join of two streams in windows: windows over the union of both, told apart by side (datastream-semantics §5). */
import type { Collector, RichFunctionLike } from '../../../plugins/api/functions.js';
import type { Evictor, Trigger, Window, WindowAssigner } from '../../../plugins/api/windowing.js';
import type { KeyType, NamespaceCodec, StateSpec } from '../../contract/state.js';
import type { Emit, EmitSide, OperatorContext } from '../../contract/task.js';
import { coGroupOf, type CoGroupFunctionSpec } from './co-group-function.js';
import { Tagged, taggedAssigner, taggedEvictor, taggedState, taggedTrigger } from './tagged.js';
import { WindowOperator } from '../windows/window-operator.js';

export interface CoGroupSpec<A, B, W extends Window, OUT> {
  readonly key: KeyType;
  readonly assigner: WindowAssigner<A | B, W>;
  readonly trigger: Trigger<A | B, W> | null;
  readonly evictor: Evictor<A | B, W> | null;
  readonly allowedLateness: number;
  /** a record of either input; the window contents take the name of the first */
  readonly first: StateSpec;
  readonly second: StateSpec;
  readonly function: CoGroupFunctionSpec<A, B, OUT>;
  readonly states: Readonly<Record<string, StateSpec>>;
  readonly windowCodec?: NamespaceCodec<W> | undefined;
}

/** Window join and coGroup. Late records are dropped and counted: Flink's builders offer no side output for them. */
export class CoGroupOperator<K, A, B, W extends Window, OUT> {
  readonly pending = 0;
  readonly canAccept = true;
  readonly #windows: WindowOperator<Tagged<A, B>, K, W, OUT>;

  constructor(ctx: OperatorContext, spec: CoGroupSpec<A, B, W, OUT>, emit: Emit<OUT>, side: EmitSide) {
    const run = coGroupOf(spec.function);
    const rich: RichFunctionLike = typeof spec.function.function === 'function' ? {} : spec.function.function;
    this.#windows = new WindowOperator<Tagged<A, B>, K, W, OUT>(
      ctx,
      {
        key: spec.key,
        assigner: taggedAssigner(spec.assigner),
        trigger: spec.trigger && taggedTrigger(spec.trigger),
        evictor: spec.evictor && taggedEvictor<A, B, W>(spec.evictor),
        allowedLateness: spec.allowedLateness,
        lateTag: null,
        contents: { kind: 'elements', state: taggedState(spec.first, spec.second) },
        function: {
          kind: 'apply',
          function: {
            setRuntimeContext: context => rich.setRuntimeContext?.(context),
            open: context => rich.open?.(context),
            close: () => rich.close?.(),
            apply(_key: K, _window: W, elements: Iterable<Tagged<A, B>>, out: Collector<OUT>) {
              const first: A[] = [];
              const second: B[] = [];
              for (const element of elements) {
                if (element.first) first.push(element.value as A);
                else second.push(element.value as B);
              }
              run(first, second, out);
            },
          },
        },
        states: spec.states,
        // A delta trigger would keep a record without its side.
        element: null,
        windowCodec: spec.windowCodec,
      },
      emit,
      side,
    );
  }

  open(): void {
    this.#windows.open();
  }
  processElement1(value: A, timestamp: number, key: K): void {
    this.#windows.processElement(new Tagged<A, B>(true, value), timestamp, key);
  }
  processElement2(value: B, timestamp: number, key: K): void {
    this.#windows.processElement(new Tagged<A, B>(false, value), timestamp, key);
  }
  advanceWatermark(watermark: number): void {
    this.#windows.advanceWatermark(watermark);
  }
  onKeyEnd(): void {
    this.#windows.onKeyEnd();
  }
  endInput(): void {}
  prepareSnapshot(): void {}
  finish(): void {}
  close(): void {
    this.#windows.close();
  }
}
