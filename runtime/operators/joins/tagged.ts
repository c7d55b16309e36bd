/** The union of two streams, told apart by side. The user's assigners, triggers and evictors see the plain records. */
import type {
  Evictor,
  EvictorContext,
  TimestampedValue,
  Trigger,
  Window,
  WindowAssigner,
} from '../../../plugins/api/windowing.js';
import { CodecError, type ByteReader, type ByteWriter } from '../../contract/bytes.js';
import type { ValueCodec } from '../../contract/codec.js';
import type { StateSpec } from '../../contract/state.js';

export class Tagged<A, B> {
  readonly first: boolean;
  readonly value: A | B;

  constructor(first: boolean, value: A | B) {
    this.first = first;
    this.value = value;
  }
}

/** Contents of the windows of both inputs; they take the name of the first. */
export function taggedState(first: StateSpec, second: StateSpec): StateSpec {
  const value: ValueCodec<Tagged<unknown, unknown>> = {
    fingerprint: `tagged:${first.value.fingerprint}:${second.value.fingerprint}`,
    write(out: ByteWriter, element: Tagged<unknown, unknown>): void {
      out.u8(element.first ? 1 : 2);
      (element.first ? first : second).value.write(out, element.value);
    },
    read(from: ByteReader): Tagged<unknown, unknown> {
      const side = from.u8();
      if (side !== 1 && side !== 2) throw new CodecError(`side ${side} of a join`);
      return new Tagged(side === 1, (side === 1 ? first : second).value.read(from));
    },
  };
  return {
    name: first.name,
    kind: 'list',
    layout: 'object',
    value: value as ValueCodec,
    // The byte that tells the sides apart is the presence bits of this struct; tuples of one take no bytes of their own.
    schema: {
      kind: 'struct',
      fields: [
        { name: 'left', schema: { kind: 'tuple', items: [first.schema] }, optional: true },
        { name: 'right', schema: { kind: 'tuple', items: [second.schema] }, optional: true },
      ],
    },
  };
}

export function taggedAssigner<A, B, W extends Window>(
  assigner: WindowAssigner<A | B, W>,
): WindowAssigner<Tagged<A, B>, W> {
  return {
    spec: assigner.spec,
    windowKind: assigner.windowKind,
    isEventTime: assigner.isEventTime,
    isMerging: assigner.isMerging,
    assignWindows: (element, timestamp, context) => assigner.assignWindows(element.value, timestamp, context),
    getDefaultTrigger: () => taggedTrigger(assigner.getDefaultTrigger()),
    mergeWindows: (windows, merge) => assigner.mergeWindows!(windows, merge),
  };
}

export function taggedTrigger<A, B, W extends Window>(trigger: Trigger<A | B, W>): Trigger<Tagged<A, B>, W> {
  return {
    onElement: (element, timestamp, window, context) =>
      trigger.onElement(element.value, timestamp, window, context),
    onProcessingTime: (time, window, context) => trigger.onProcessingTime(time, window, context),
    onEventTime: (time, window, context) => trigger.onEventTime(time, window, context),
    clear: (window, context) => trigger.clear(window, context),
    canMerge: () => trigger.canMerge(),
    onMerge: (window, context) => trigger.onMerge?.(window, context),
  };
}

type Elements<T> = readonly TimestampedValue<T>[];

export function taggedEvictor<A, B, W extends Window>(evictor: Evictor<A | B, W>): Evictor<Tagged<A, B>, W> {
  const through = (
    elements: Elements<Tagged<A, B>>,
    evict: (plain: Elements<A | B>) => Elements<A | B>,
  ): Elements<Tagged<A, B>> => {
    const tagged = new Map<TimestampedValue<A | B>, TimestampedValue<Tagged<A, B>>>();
    for (const element of elements)
      tagged.set({ value: element.value.value, timestamp: element.timestamp }, element);
    return evict([...tagged.keys()]).map(plain => tagged.get(plain)!);
  };
  return {
    evictBefore: (elements, window, context: EvictorContext) =>
      through(elements, plain => evictor.evictBefore(plain, window, context)),
    evictAfter: (elements, window, context: EvictorContext) =>
      through(elements, plain => evictor.evictAfter(plain, window, context)),
  };
}
