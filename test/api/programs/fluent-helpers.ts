// Generic classes with generic methods, called on whatever holds, makes or returns their objects.
import { createEnvironment, type DataStream } from 'flinkc';
import { CollectSink } from 'flinkc/collect';

class Flow<T> {
  constructor(readonly stream: DataStream<T>) {}
  static of<T>(stream: DataStream<T>): Flow<T> {
    return new Flow(stream);
  }
  map<U>(fn: (value: T) => U): Flow<U> {
    return new Flow(this.stream.map(fn));
  }
  when(test: (value: T) => boolean, then: (flow: Flow<T>) => void): this {
    then(new Flow(this.stream.filter(test)));
    return this;
  }
  keyed<K extends string | number>(key: (value: T) => K): Flow<{ key: K; value: T }> {
    return new Flow(this.stream.map(value => ({ key: key(value), value })));
  }
  zip<U>(other: Flow<U>) {
    return new Flow(
      this.stream.connect(other.stream).map(
        left => ({ side: 'left' as const, left }),
        right => ({ side: 'right' as const, right }),
      ),
    );
  }
  collect(id: string): void {
    this.stream.sinkTo(new CollectSink(id));
  }
}

const env = createEnvironment();

function build(): void {
  const local = Flow.of(env.fromData(1, 2));
  local
    .map(n => ({ n }))
    .map(record => [record, 'a'] as const)
    .keyed(([, letter]) => letter)
    .collect('chained');
  local
    .when(
      n => n > 1,
      large => large.keyed(n => `large ${n}`).collect('branch'),
    )
    .keyed(n => -n)
    .collect('behind-a-branch');
  const flows = { list: [local, local.map(n => n * 10)] };
  flows.list[1]!.keyed(n => `${n}`).collect('held');
  (local as Flow<number>).zip(local.keyed(n => n + 1)).collect('zipped');
}
build();
new Flow(env.fromData('x')).keyed(text => text.length).collect('made');

await env.execute('fluent-helpers');

// expected chained: {"key":"a","value":[{"n":1},"a"]}, {"key":"a","value":[{"n":2},"a"]}
// expected branch: {"key":"large 2","value":2}
// expected behind-a-branch: {"key":-1,"value":1}, {"key":-2,"value":2}
// expected held: {"key":"10","value":10}, {"key":"20","value":20}
// expected zipped: {"left":1,"side":"left"}, {"left":2,"side":"left"}, {"right":{"key":2,"value":1},"side":"right"}, {"right":{"key":3,"value":2},"side":"right"}
// expected made: {"key":1,"value":"x"}
