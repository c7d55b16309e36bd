// Helpers and classes with type parameters: each call makes operators with types, codecs and state of its own.
import {
  createEnvironment,
  KeyedProcessFunction,
  OutputTag,
  ValueStateDescriptor,
  type Collector,
  type DataStream,
  type KeyedProcessContext,
  type ValueState,
} from 'flinkc';
import { CollectSink } from 'flinkc/collect';

interface Order {
  readonly id: number;
  readonly user: string;
}

/** Lets the first record of each key through. */
class First<T, K> extends KeyedProcessFunction<K, T, T> {
  #first!: ValueState<T>;
  override open(): void {
    this.#first = this.getRuntimeContext().getState(new ValueStateDescriptor<T>('first'));
  }
  processElement(value: T, ctx: KeyedProcessContext<K>, out: Collector<T>): void {
    if (this.#first.value() === null) out.collect(value);
    this.#first.update(value);
  }
}
function distinct<T, K extends string | number>(stream: DataStream<T>, key: (value: T) => K) {
  return stream.keyBy(key).process(new First<T, K>());
}
function split<T, R>(stream: DataStream<T>, test: (value: T) => R | null) {
  const rest = new OutputTag<{ readonly rest: R }>('rest');
  const kept = stream.process<T>((value, ctx, out) => {
    const result = test(value);
    if (result === null) out.collect(value);
    else ctx.output(rest, { rest: result });
  });
  return { kept, rest: kept.getSideOutput(rest).map(r => r.rest) };
}
function parse<T>(lines: DataStream<string>): DataStream<T> {
  return lines.map((line): T => JSON.parse(line) as T);
}
class Pairs<T, K> {
  constructor(
    private readonly stream: DataStream<T>,
    private readonly key: (value: T) => K,
  ) {}
  collect(name: string): void {
    const { key } = this;
    this.stream.map(value => ({ key: key(value), value })).sinkTo(new CollectSink(name));
  }
}

const env = createEnvironment();
const orders = parse<Order>(
  env.fromData('{"id":1,"user":"ann"}', '{"id":2,"user":"bob"}', '{"id":3,"user":"ann"}'),
);
const words = parse<string>(env.fromData('"a"', '"b"', '"a"'));

distinct(orders, order => order.user)
  .map(order => order.user)
  .sinkTo(new CollectSink('users'));
distinct(words, word => word.charCodeAt(0)).sinkTo(new CollectSink('words'));
const large = split(orders, order => (order.id > 2 ? [order.user] : null));
large.kept.map(order => order.id).sinkTo(new CollectSink('small'));
large.rest.sinkTo(new CollectSink('large'));
split(words, word => (word === 'b' ? { word } : null)).rest.sinkTo(new CollectSink('b'));
new Pairs(orders, order => order.id * 2).collect('orderPairs');
new Pairs(words, word => [word.length]).collect('wordPairs');

await env.execute('generic-helpers');

// expected users: "ann", "bob"
// expected words: "a", "b"
// expected small: 1, 2
// expected large: ["ann"]
// expected b: {"word":"b"}
// expected orderPairs: {"key":2,"value":{"id":1,"user":"ann"}}, {"key":4,"value":{"id":2,"user":"bob"}}, {"key":6,"value":{"id":3,"user":"ann"}}
// expected wordPairs: {"key":[1],"value":"a"}, {"key":[1],"value":"b"}, {"key":[1],"value":"a"}
