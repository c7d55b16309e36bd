/** How watermarks travel through a compiled program: every sink reports what its subtasks were told. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MAX_TIMESTAMP } from '../../plugins/api/types.js';
import { writeArtifact } from '../../compiler/compile.js';
import { runEmbedded, type JobResult } from '../../runtime/embedded/index.js';
import { compileFiles } from '../compile/compile-program.js';

const program = `
import {
  AsyncDataStream, createEnvironment, OutputTag, WatermarkStrategy,
  type DataStream, type KeyedProcessFunctionLike, type ProcessContext, type Sink, type SinkWriter,
  type WriterInitContext,
} from 'flinkc';
import { CollectSink } from 'flinkc/collect';

class Watermarks implements Sink<number> {
  readonly id: string;
  constructor(id: string) {
    this.id = id;
  }
  describe(): string {
    return 'watermarks';
  }
  createWriter(context: WriterInitContext): SinkWriter<number> {
    const seen: number[] = [];
    return {
      write: () => {},
      writeWatermark: watermark => void seen.push(watermark),
      flush: async end => {
        if (end) context.sendToClient(this.id, [{ subtask: context.subtask, seen }]);
      },
      close: async () => {},
    };
  }
}
const everyRecord = WatermarkStrategy.forGenerator<number>(() => ({
  onEvent: (_n, timestamp, output) => output.emitWatermark(timestamp - 1),
  onPeriodicEmit: () => {},
})).withTimestampAssigner(n => n);

const env = createEnvironment();
const numbers = env.fromData(10, 20, 30).assignTimestampsAndWatermarks(everyRecord).setParallelism(1);

numbers.map(n => n + 1).setParallelism(1).filter(n => n < 0).setParallelism(1)
  .flatMap(n => [n, n]).setParallelism(1).sinkTo(new Watermarks('stateless')).setParallelism(1);

const side = new OutputTag<number>('side');
numbers.process<number>((n, ctx) => ctx.output(side, n)).setParallelism(1)
  .getSideOutput(side).sinkTo(new Watermarks('side')).setParallelism(1);

const everywhere: Record<string, DataStream<number>> = {
  global: numbers.global(),
  custom: numbers.partitionCustom(() => 1, n => n),
  rebalance: numbers.rebalance(),
  shuffle: numbers.shuffle(),
  broadcast: numbers.broadcast(),
  hash: numbers.keyBy(() => 'one key'),
};
for (const [name, stream] of Object.entries(everywhere)) stream.sinkTo(new Watermarks(name)).setParallelism(2);

const held = AsyncDataStream.orderedWait(
  env.fromData(5),
  async n => {
    await new Promise(resolve => setTimeout(resolve, 2_000));
    return n;
  },
  60_000,
).setParallelism(1).assignTimestampsAndWatermarks(everyRecord).setParallelism(1);
numbers.union(held).sinkTo(new Watermarks('union')).setParallelism(1);

// what a timer emits is seen under the watermark before the one that fired it
numbers.keyBy(() => 0)
  .process<string>({
    processElement: (n, ctx) => ctx.timerService.registerEventTimeTimer(n + 5),
    onTimer: (timestamp, _ctx, out) => out.collect('timer ' + timestamp),
  })
  .setParallelism(1)
  .startNewChain()
  .process<string>((text, ctx, out) => out.collect(text + ' under ' + ctx.timerService.currentWatermark()))
  .setParallelism(1)
  .startNewChain()
  .sinkTo(new CollectSink('timers'));

await env.execute('watermarks');
`;

interface Seen {
  readonly subtask: number;
  readonly seen: readonly number[];
}
let result: JobResult;
const seen = (id: string): readonly Seen[] => result.collected[id] as readonly Seen[];
const all = [9, 19, 29, MAX_TIMESTAMP];

test.before(async () => {
  await compileFiles({ 'program.ts': program }, async (compiled, root) => {
    assert.ok(compiled.result.output, compiled.messages);
    writeArtifact(compiled.result.output.artifact, `${root}/artifact`);
    const job = await runEmbedded({ artifactDir: `${root}/artifact`, parallelism: 1 });
    result = await job.result;
  });
});

test('§2.2.4 what timers emit precedes the watermark that fires them', () => {
  const [first, ...later] = result.collected['timers'] as readonly string[];
  assert.is(first, 'timer 15 under 9');
  assert.equal(later, ['timer 25 under 19', 'timer 35 under 29']);
});

test('§2.2.5 stateless operators forward watermarks unchanged, also when no record passes', () => {
  assert.equal(seen('stateless'), [{ subtask: 0, seen: all }]);
});

test('§2.2.5 side outputs receive the same watermarks', () => {
  assert.equal(seen('side'), [{ subtask: 0, seen: all }]);
});

for (const partitioner of ['global', 'custom', 'rebalance', 'shuffle', 'broadcast', 'hash'])
  test(`§2.2.6 ${partitioner}: every subtask gets every watermark, whoever gets the records`, () => {
    const bySubtask = [...seen(partitioner)].sort((a, b) => a.subtask - b.subtask);
    assert.equal(bySubtask, [
      { subtask: 0, seen: all },
      { subtask: 1, seen: all },
    ]);
  });

test('§2.2.7 union: the minimum over the channels of all its inputs', () => {
  const watermarks = seen('union')[0]!.seen;
  assert.is(watermarks[0], 4, 'the other input is ahead and waits');
  assert.is(watermarks.at(-1), MAX_TIMESTAMP);
});

test('§13.6 a job is FINISHED when all its tasks are', () => {
  assert.is(result.state, 'FINISHED');
});

test.run();
