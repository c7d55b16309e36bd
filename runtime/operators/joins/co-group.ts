/** coGroup and join of two streams in windows: windows over the union of both, told apart by side (datastream-semantics §5). */
import type { Collector, RichFunctionLike } from '../../../plugins/api/functions.js';
import type { Evictor, Trigger, Window, WindowAssigner } from '../../../plugins/api/windowing.js';
import { CodecError, type ByteReader, type ByteWriter } from '../../contract/bytes.js';
import type { ValueCodec } from '../../contract/codec.js';
import type { KeyType, NamespaceCodec, StateSpec } from '../../contract/state.js';
import type { Emit, EmitSide, OperatorContext } from '../../contract/task.js';
import { WindowOperator } from '../windows/window-operator.js';

/** What assigners, triggers and evictors see. flink: CoGroupedStreams.TaggedUnion */
export interface TaggedUnion<A, B> {
  readonly one: A | null;
  readonly two: B | null;
  isOne(): boolean;
  isTwo(): boolean;
}

class One<A> implements TaggedUnion<A, never> {
  readonly one: A;
  readonly two = null;
  constructor(one: A) {
    this.one = one;
  }
  isOne(): boolean {
    return true;
  }
  isTwo(): boolean {
    return false;
  }
}
class Two<B> implements TaggedUnion<never, B> {
  readonly one = null;
  readonly two: B;
  constructor(two: B) {
    this.two = two;
  }
  isOne(): boolean {
    return false;
  }
  isTwo(): boolean {
    return true;
  }
}

type CoGroup<A, B, OUT> = (first: Iterable<A>, second: Iterable<B>, out: Collector<OUT>) => void;
type Join<A, B, OUT> = (first: A, second: B) => OUT;
type FlatJoin<A, B, OUT> = (first: A, second: B, out: Collector<OUT>) => void;

/** A lambda, or an object with the method of that name. */
export type CoGroupFunctionSpec<A, B, OUT> =
  | {
      readonly kind: 'coGroup';
      readonly function: CoGroup<A, B, OUT> | (RichFunctionLike & { coGroup: CoGroup<A, B, OUT> });
    }
  /** inner join: every pair */
  | {
      readonly kind: 'join';
      readonly function: Join<A, B, OUT> | (RichFunctionLike & { join: Join<A, B, OUT> });
    }
  | {
      readonly kind: 'flatJoin';
      readonly function: FlatJoin<A, B, OUT> | (RichFunctionLike & { join: FlatJoin<A, B, OUT> });
    };

export interface CoGroupSpec<A, B, W extends Window, OUT> {
  readonly key: KeyType;
  readonly assigner: WindowAssigner<TaggedUnion<A, B>, W>;
  readonly trigger: Trigger<TaggedUnion<A, B>, W> | null;
  readonly evictor: Evictor<TaggedUnion<A, B>, W> | null;
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
  readonly #windows: WindowOperator<TaggedUnion<A, B>, K, W, OUT>;

  constructor(ctx: OperatorContext, spec: CoGroupSpec<A, B, W, OUT>, emit: Emit<OUT>, side: EmitSide) {
    const run = coGroupOf(spec.function);
    const rich: RichFunctionLike = typeof spec.function.function === 'function' ? {} : spec.function.function;
    this.#windows = new WindowOperator<TaggedUnion<A, B>, K, W, OUT>(
      ctx,
      {
        key: spec.key,
        assigner: spec.assigner,
        trigger: spec.trigger,
        evictor: spec.evictor,
        allowedLateness: spec.allowedLateness,
        lateTag: null,
        contents: { kind: 'elements', state: taggedSpec(spec.first, spec.second) },
        function: {
          kind: 'apply',
          function: {
            setRuntimeContext: context => rich.setRuntimeContext?.(context),
            open: context => rich.open?.(context),
            close: () => rich.close?.(),
            apply(_key: K, _window: W, elements: Iterable<TaggedUnion<A, B>>, out: Collector<OUT>) {
              const first: A[] = [];
              const second: B[] = [];
              for (const element of elements) {
                if (element.isOne()) first.push(element.one as A);
                else second.push(element.two as B);
              }
              run(first, second, out);
            },
          },
        },
        states: spec.states,
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
    this.#windows.processElement(new One(value), timestamp, key);
  }
  processElement2(value: B, timestamp: number, key: K): void {
    this.#windows.processElement(new Two(value), timestamp, key);
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

function coGroupOf<A, B, OUT>(
  spec: CoGroupFunctionSpec<A, B, OUT>,
): (first: readonly A[], second: readonly B[], out: Collector<OUT>) => void {
  switch (spec.kind) {
    case 'coGroup': {
      const fn = spec.function;
      return typeof fn === 'function' ? fn : (first, second, out) => fn.coGroup(first, second, out);
    }
    case 'join': {
      const fn = spec.function;
      const join: Join<A, B, OUT> = typeof fn === 'function' ? fn : (a, b) => fn.join(a, b);
      return (first, second, out) => {
        for (const a of first) for (const b of second) out.collect(join(a, b));
      };
    }
    case 'flatJoin': {
      const fn = spec.function;
      const join: FlatJoin<A, B, OUT> = typeof fn === 'function' ? fn : (a, b, out) => fn.join(a, b, out);
      return (first, second, out) => {
        for (const a of first) for (const b of second) join(a, b, out);
      };
    }
  }
}

function taggedSpec(first: StateSpec, second: StateSpec): StateSpec {
  const value: ValueCodec<TaggedUnion<unknown, unknown>> = {
    fingerprint: `tagged:${first.value.fingerprint}:${second.value.fingerprint}`,
    write(out: ByteWriter, element: TaggedUnion<unknown, unknown>): void {
      const isOne = element.isOne();
      out.u8(isOne ? 1 : 2);
      if (isOne) first.value.write(out, element.one);
      else second.value.write(out, element.two);
    },
    read(from: ByteReader): TaggedUnion<unknown, unknown> {
      const tag = from.u8();
      if (tag !== 1 && tag !== 2) throw new CodecError(`side ${tag} of a join`);
      return tag === 1 ? new One(first.value.read(from)) : new Two(second.value.read(from));
    },
  };
  return {
    name: first.name,
    kind: 'list',
    layout: 'object',
    value: value as ValueCodec,
    schema: { kind: 'json' },
  };
}
