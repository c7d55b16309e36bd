/** Programs that the tests of clusters submit, and a client for what they ask. */
import { readFileSync } from 'node:fs';

export const endlessProgram = `import { createEnvironment, WatermarkStrategy } from 'flinkc';
import { CollectSink } from 'flinkc/collect';
import { SequenceSource } from 'flinkc/datagen';

const env = createEnvironment();
env
  .fromSource(
    new SequenceSource(0, null, { recordsPerSecond: 5_000 }),
    WatermarkStrategy.noWatermarks(),
    'numbers',
  )
  .map(n => ({ key: n % 97, n, count: 1 }))
  .keyBy(record => record.key)
  .reduce((a, b) => ({ key: a.key, n: b.n, count: a.count + 1 }))
  .filter(record => record.count % 10 === 0)
  .sinkTo(new CollectSink('records'));
await env.execute('endless');
`;

export const boundedProgram = `import { createEnvironment, WatermarkStrategy } from 'flinkc';
import { CollectSink } from 'flinkc/collect';
import { SequenceSource } from 'flinkc/datagen';

const env = createEnvironment();
const failAt = env.param('failAt', -1);
env
  .fromSource(new SequenceSource(0, 1_000), WatermarkStrategy.noWatermarks(), 'numbers')
  .map(n => {
    if (n === failAt) throw new Error('ten is too much');
    return { n };
  })
  .sinkTo(new CollectSink('records'));
await env.execute('bounded');
`;

/** Counts without an end, with an accumulator of Flink's kinds and one of a class of its own. */
export const accumulatingProgram = `import { createEnvironment, RichMapFunction, WatermarkStrategy, type Accumulator } from 'flinkc';
import { SequenceSource } from 'flinkc/datagen';

class Latest implements Accumulator<number[]> {
  localValue: number[] = [];
  add(numbers: number[]): void {
    this.localValue = numbers;
  }
  merge(other: number[]): void {
    this.localValue = [...this.localValue, ...other];
  }
}
class Counting extends RichMapFunction<number, number> {
  override open(): void {
    this.getRuntimeContext().addAccumulator('latest', new Latest());
  }
  map(n: number): number {
    this.getRuntimeContext().getIntCounter('counted').add(1);
    this.getRuntimeContext().getAccumulator('latest')!.add([n]);
    return n;
  }
}
const env = createEnvironment();
env
  .fromSource(new SequenceSource(0, null, { recordsPerSecond: 1_000 }), WatermarkStrategy.noWatermarks(), 'numbers')
  .map(new Counting())
  .filter(n => n < 0)
  .print();
await env.execute('accumulating');
`;

export const addingProgram = `import { createEnvironment, IntCounter, Maximum, RichMapFunction } from 'flinkc';

class Adding extends RichMapFunction<number, number> {
  override open(): void {
    this.getRuntimeContext().addAccumulator('sum', new IntCounter());
    this.getRuntimeContext().addAccumulator('largest', new Maximum());
  }
  map(n: number): number {
    for (const name of ['sum', 'largest']) this.getRuntimeContext().getAccumulator(name)!.add(n);
    return n;
  }
}
class Counting extends RichMapFunction<number, number> {
  map(n: number): number {
    this.getRuntimeContext().getIntCounter('seen').add(1);
    return n;
  }
}
const env = createEnvironment();
env.fromSequence(0, 99).map(new Adding()).keyBy(n => n % 7).reduce((_, n) => n).map(new Counting()).filter(n => n < 0).print();
await env.execute('adding');
`;

/** The parts of answers that the tests look at. */
export interface Answer {
  readonly state: string;
  readonly isStoppable: boolean;
  readonly 'status-counts': Readonly<Record<string, number>>;
  readonly vertices: readonly { readonly id: string; readonly parallelism: number }[];
  readonly plan: { readonly nodes: readonly { readonly id: string }[] };
  readonly status: { readonly id: string };
  readonly counts: Readonly<Record<string, number>>;
  readonly errors: readonly string[];
  readonly jobs: readonly { readonly id: string; readonly jid: string; readonly state: string }[];
  readonly 'jobs-running': number;
  readonly 'slots-available': number;
  readonly taskmanagers: readonly { readonly id: string }[];
}

/** Each request has a connection of its own: one that is kept may be closed by the other side while this one stands still. */
export async function restOf(
  port: number,
  path: string,
  init?: RequestInit,
): Promise<{ readonly status: number; readonly body: Answer }> {
  const headers = new Headers(init?.headers);
  headers.set('connection', 'close');
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers });
  return { status: response.status, body: (await response.json()) as Answer };
}

const toFiles = `sinkTo(
    new FileSink({
      path: env.param('directory'),
      format: new TextFormat(),
    }),
  )`;

/** A module of the counting program. */
export const heldNumbers = readFileSync('test/engine/programs/held-numbers.ts', 'utf8');

/** Counts 20,000 numbers, of which the last comes when the file `release` exists; its output lies in files that are complete when they are committed. */
export const countingProgram = `import { createEnvironment, KeyedProcessFunction, ValueStateDescriptor, WatermarkStrategy, type Collector, type KeyedProcessContext, type ValueState } from 'flinkc';
import { FileSink } from 'flinkc/file';
import { TextFormat } from 'flinkc/text';
import { HeldNumbers } from './held-numbers.js';

class Counting extends KeyedProcessFunction<number, number, string> {
  #seen!: ValueState<number>;
  override open(): void {
    this.#seen = this.getRuntimeContext().getState(new ValueStateDescriptor<number>('seen'));
  }
  processElement(value: number, { currentKey }: KeyedProcessContext<number>, out: Collector<string>): void {
    const seen = (this.#seen.value() ?? 0) + 1;
    this.#seen.update(seen);
    out.collect(\`\${currentKey} \${seen}\`);
  }
}

const env = createEnvironment();
env
  .fromSource(new HeldNumbers(20_000, 4_000, env.param('release')), WatermarkStrategy.noWatermarks(), 'numbers')
  .keyBy(n => n % 37)
  .process(new Counting())
  .${toFiles};
await env.execute('counting');
`;

/** Needs the secret PASSWORD. */
export const secretiveProgram = `import { createEnvironment, WatermarkStrategy } from 'flinkc';
import { SequenceSource } from 'flinkc/datagen';
import { FileSink } from 'flinkc/file';
import { TextFormat } from 'flinkc/text';

const env = createEnvironment();
const password = env.secret('PASSWORD');
env
  .fromSource(new SequenceSource(1, 10), WatermarkStrategy.noWatermarks(), 'numbers')
  .map(n => \`\${n} \${password.length}\`)
  .${toFiles};
await env.execute('secretive');
`;
