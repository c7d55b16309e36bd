// What is in flight at a service when a checkpoint is taken is asked again after a restore: in order, and in any order.
import {
  AsyncDataStream,
  AsyncRetryStrategies,
  createEnvironment,
  DataGeneratorSource,
  RichAsyncFunction,
  seconds,
  WatermarkStrategy,
  type ResultFuture,
} from 'flinkc';
import { linesIn } from './output.js';
import { Pace } from './pace.js';

interface Answer {
  readonly question: number;
  readonly answer: number;
}

class Service extends RichAsyncFunction<number, Answer> {
  #asked!: Set<number>;

  override open(): void {
    this.#asked = new Set();
  }
  /**
   * Answers after up to 20 ms; every eleventh only when it is asked again, except near the end: once input has ended
   * nothing is asked again.
   */
  async asyncInvoke(question: number, result: ResultFuture<Answer>): Promise<void> {
    await new Promise(resolve => setTimeout(resolve, (question * 7919) % 20));
    if (question % 11 === 0 && question < 7_500 && !this.#asked.has(question)) {
      this.#asked.add(question);
      result.completeExceptionally(new Error('busy'));
    } else result.complete([{ question, answer: (question * 7919) % 9973 }]);
  }
}

const env = createEnvironment();
const numbers = env
  .fromSource(
    new DataGeneratorSource((index): number => index, 8_000),
    WatermarkStrategy.forMonotonousTimestamps<number>().withTimestampAssigner(index => index),
    'questions',
  )
  .setParallelism(1)
  .filter(new Pace<number>(env.param('pace', 0)))
  .setParallelism(1);
const retries = AsyncRetryStrategies.fixedDelay<Answer>(3, 5, { ifException: () => true });

AsyncDataStream.unorderedWaitWithRetry(
  numbers.keyBy(n => n % 101).map(n => n),
  new Service(),
  seconds(60),
  retries,
  100,
).sinkTo(linesIn<Answer>(env, 'any-order'));
AsyncDataStream.orderedWaitWithRetry(numbers, new Service(), seconds(60), retries, 50)
  .setParallelism(1)
  .keyBy(answer => answer.question % 13)
  .reduce((a, b) => ({ question: b.question, answer: (a.answer * 31 + b.answer) % 1_000_003 }))
  .sinkTo(linesIn<Answer>(env, 'in-order', true));

await env.execute('async');
