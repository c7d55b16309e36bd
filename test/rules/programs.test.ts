/** Rules that show only where compiler and engine meet: small programs, compiled and run. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { writeArtifact } from '../../compiler/compile.js';
import { runEmbedded } from '../../runtime/embedded/index.js';
import { compileFiles, runProgram } from '../compile/compile-program.js';

test('§2.6 map, filter and flatMap keep the timestamp of their record', async () => {
  const { out } = await runProgram(`
    import { createEnvironment, WatermarkStrategy } from 'flinkc';
    import { CollectSink } from 'flinkc/collect';
    const env = createEnvironment();
    env.fromData(1, 2, 3)
      .assignTimestampsAndWatermarks(WatermarkStrategy.forMonotonousTimestamps<number>(n => n * 100))
      .map(n => n * 10)
      .filter(n => n > 10)
      .flatMap(n => [n, -n])
      .process<string>((n, ctx, out) => out.collect(n + '@' + ctx.timestamp()))
      .sinkTo(new CollectSink('out'));
    await env.execute();
  `);
  assert.equal(out, ['20@200', '-20@200', '30@300', '-30@300']);
});

test('§3.8 a timer never runs while a record is processed, not even an overdue one', async () => {
  const { out } = await runProgram(`
    import { createEnvironment, KeyedProcessFunction, type Collector, type KeyedProcessContext, type OnTimerContext } from 'flinkc';
    import { CollectSink } from 'flinkc/collect';
    class Slow extends KeyedProcessFunction<number, number, string> {
      busy = false;
      processElement(n: number, ctx: KeyedProcessContext<number>, out: Collector<string>): void {
        this.busy = true;
        const now = ctx.timerService.currentProcessingTime();
        ctx.timerService.registerProcessingTimeTimer(now - 10);
        ctx.timerService.registerProcessingTimeTimer(now + 1);
        while (Date.now() < now + 10);
        out.collect('record ' + n);
        this.busy = false;
      }
      override onTimer(_timestamp: number, ctx: OnTimerContext<number>, out: Collector<string>): void {
        out.collect('timer ' + ctx.currentKey + (this.busy ? ' in the middle' : ''));
      }
    }
    const env = createEnvironment();
    env.generate(n => n, { count: 4, recordsPerSecond: 10 }).keyBy(n => n).process(new Slow()).sinkTo(new CollectSink('out'));
    await env.execute();
  `);
  assert.equal(
    out.filter(text => String(text).includes('in the middle')),
    [],
  );
  assert.ok(out.includes('timer 0'), 'an overdue timer does run');
});

test('§7.2 operator state knows no TTL', async () => {
  const { out } = await runProgram(`
    import {
      createEnvironment, ListStateDescriptor, RichMapFunction, StateTtlConfig,
      type CheckpointedFunction, type FunctionInitializationContext, type ListState,
    } from 'flinkc';
    import { CollectSink } from 'flinkc/collect';
    class Remember extends RichMapFunction<number, number> implements CheckpointedFunction {
      #seen!: ListState<number>;
      initializeState({ operatorStateStore }: FunctionInitializationContext): void {
        this.#seen = operatorStateStore.getListState(new ListStateDescriptor<number>('seen', { ttl: StateTtlConfig.of(1) }));
      }
      map(n: number): number {
        this.#seen.add(n);
        const now = Date.now();
        while (Date.now() < now + 5);
        return [...this.#seen.get()].length;
      }
      snapshotState(): void {}
    }
    const env = createEnvironment();
    env.fromData(1, 2, 3).map(new Remember()).sinkTo(new CollectSink('out'));
    await env.execute();
  `);
  assert.equal(out, [1, 2, 3]);
});

test('§8.3 setUidHash gives the id itself, uid the hash of its text', async () => {
  const program = `
    import { createEnvironment } from 'flinkc';
    import { CollectSink } from 'flinkc/collect';
    const env = createEnvironment();
    env.fromData(1).map(n => n + 1).uid('window').disableChaining()
      .map(n => n * 2).setUidHash('0123456789ABCDEF0123456789abcdef')
      .sinkTo(new CollectSink('out'));
    await env.execute();
  `;
  await compileFiles({ 'program.ts': program }, ({ code, messages }) => {
    assert.match(code, 'uidHash: "01203aa9a12dc1ec725e03853dd7c8f2"', messages);
    assert.match(code, 'uidHash: "0123456789abcdef0123456789abcdef"');
  });
});

test('§12 unbounded sources run in STREAMING mode: BATCH is refused, AUTOMATIC decides', async () => {
  const program = (source: string): string => `
    import { createEnvironment, MAX_TIMESTAMP } from 'flinkc';
    import { CollectSink } from 'flinkc/collect';
    const env = createEnvironment();
    ${source}.keyBy(n => n % 2).process<string>({
      processElement: (n, ctx) => ctx.timerService.registerEventTimeTimer(n),
      onTimer: (time, ctx, out) => out.collect(time + ' of ' + ctx.currentKey),
    }).sinkTo(new CollectSink('out'));
    await env.execute();
  `;
  await compileFiles({ 'program.ts': program('env.generate(n => n)') }, async (compiled, root) => {
    writeArtifact(compiled.result.output!.artifact, `${root}/artifact`);
    const configuration = { 'execution.runtime-mode': 'BATCH' };
    try {
      await runEmbedded({ artifactDir: `${root}/artifact`, configuration });
      assert.unreachable('BATCH without an end');
    } catch (error) {
      assert.is((error as { code?: string }).code, 'FC5017');
    }
  });
  await compileFiles({ 'program.ts': program('env.fromSequence(1, 4)') }, async (compiled, root) => {
    writeArtifact(compiled.result.output!.artifact, `${root}/artifact`);
    const outputOf = async (mode: string): Promise<readonly unknown[]> => {
      const configuration = { 'execution.runtime-mode': mode };
      const job = await runEmbedded({ artifactDir: `${root}/artifact`, parallelism: 1, configuration });
      return (await job.result).collected['out'] ?? [];
    };
    assert.equal(await outputOf('STREAMING'), ['1 of 1', '2 of 0', '3 of 1', '4 of 0'], 'in order of time');
    const byKey = await outputOf('AUTOMATIC');
    assert.equal(byKey, await outputOf('BATCH'));
    assert.equal(byKey, ['2 of 0', '4 of 0', '1 of 1', '3 of 1'], 'key by key');
  });
});

test.run();
