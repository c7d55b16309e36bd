// Counts per key into a table of PostgreSQL, in transactions that are prepared before each checkpoint.
import {
  createEnvironment,
  DataGeneratorSource,
  KeyedProcessFunction,
  ValueStateDescriptor,
  WatermarkStrategy,
  type Collector,
  type KeyedProcessContext,
  type ValueState,
} from 'flinkc';
import { PostgresSink } from 'flinkc/postgres';
import { Pace } from './pace.js';

interface Counted {
  readonly key: number;
  readonly seen: number;
  readonly n: number;
}

class Count extends KeyedProcessFunction<number, number, Counted> {
  seen!: ValueState<number>;

  override open(): void {
    this.seen = this.getRuntimeContext().getState(new ValueStateDescriptor<number>('seen'));
  }
  processElement(n: number, { currentKey }: KeyedProcessContext<number>, out: Collector<Counted>): void {
    const seen = (this.seen.value() ?? 0) + 1;
    this.seen.update(seen);
    out.collect({ key: currentKey, seen, n });
  }
}

const env = createEnvironment();
env
  .fromSource(
    new DataGeneratorSource((index): number => index, 20_000),
    WatermarkStrategy.noWatermarks<number>(),
    'numbers',
  )
  .setParallelism(1)
  .filter(new Pace<number>(env.param('pace', 0)))
  .setParallelism(1)
  .keyBy(n => n % 307)
  .process(new Count())
  .sinkTo(
    new PostgresSink<Counted>({
      connection: {
        host: '127.0.0.1',
        port: env.param('port'),
        database: 'postgres',
        user: 'postgres',
      },
      table: env.param('table'),
      deliveryGuarantee: 'exactly-once',
    }),
  );

await env.execute('transactions');
