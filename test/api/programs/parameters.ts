// Parameters in functions, in connectors, and in the shape of the graph.
import { createEnvironment, RichMapFunction } from 'flinkc';
import { CollectSink } from 'flinkc/collect';

const env = createEnvironment();
const factor = env.param('factor', 2);
const greeting = env.param('greeting', 'hello');
const loud = env.param('loud', false);
const id = env.param('id', 'not this');
const copies = env.buildParam('copies', 2);
const token = env.secret('TOKEN');

class Sign extends RichMapFunction<string, string> {
  map(text: string): string {
    const { params } = this.getRuntimeContext();
    return `${text} ${params.get('greeting')} ${params.getOptional('missing') ?? 'none'} ${token.length}`;
  }
}

let numbers = env.fromData(1, 2).union(env.fromData<number>([]));
for (let i = 0; i < copies; i++) numbers = numbers.union(env.fromData(10 ** (i + 1)));
numbers.map(n => n * factor).sinkTo(new CollectSink(id));
numbers
  .filter(n => n < 10)
  .map(n => (loud ? `${greeting} ${n}`.toUpperCase() : `${greeting} ${n}`))
  .map(new Sign())
  .sinkTo(new CollectSink('texts'));

await env.execute('parameters');

// run param factor=3
// run param loud=true
// run param id=numbers
// run secret TOKEN=12345
// expected numbers: 3, 6, 30, 300
// expected texts: "HELLO 1 hello none 5", "HELLO 2 hello none 5"
