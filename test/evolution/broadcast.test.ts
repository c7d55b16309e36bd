/** Broadcast state whose type changes: its descriptor's migrate functions make the new values (§10.4). */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runEmbedded } from '../../runtime/embedded/index.js';
import { buildProgram } from '../compile/build-program.js';

const test = suite('broadcast state');
const folder = mkdtempSync(join(tmpdir(), 'flinkc-broadcast-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** Rules come first; every event tells the rule of its key as it is kept. */
const program = (kept: string, descriptor: string, made: string): string => `import {
  BroadcastProcessFunction, createEnvironment, DataGeneratorSource, MapStateDescriptor, WatermarkStrategy,
  type BroadcastContext, type Collector, type ReadOnlyBroadcastContext,
} from 'flinkc';
import { CollectSink } from 'flinkc/collect';

type Kept = ${kept};
const rules = ${descriptor};
class Apply extends BroadcastProcessFunction<number, number, string> {
  processElement(event: number, ctx: ReadOnlyBroadcastContext, out: Collector<string>): void {
    out.collect(JSON.stringify(ctx.getBroadcastState(rules).get('limit') ?? null));
  }
  processBroadcastElement(rule: number, ctx: BroadcastContext): void {
    ctx.getBroadcastState(rules).put('limit', ${made});
  }
}
const env = createEnvironment();
const none = WatermarkStrategy.noWatermarks<number>();
const events = env.fromSource(new DataGeneratorSource((i): number => i, 1_000_000, 500), none, 'events').uid('events');
const changes = env.fromSource(new DataGeneratorSource((): number => 42, 1, 1_000), none, 'rules').uid('rules').broadcast(rules);
events.connect(changes).process(new Apply()).uid('apply').sinkTo(new CollectSink('told')).uid('told');
await env.execute('broadcast');
`;
const before = program('number', "new MapStateDescriptor<string, Kept>('rules')", 'rule');
const after = program(
  '{ limit: number; unit: string }',
  "new MapStateDescriptor<string, Kept, [number]>('rules', { migrate: [(limit: number): Kept => ({ limit, unit: 'old' })] })",
  "{ limit: rule, unit: 'new' }",
);

async function build(name: string, text: string): Promise<string> {
  const root = join(folder, name);
  const entry = join(folder, 'program.ts');
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(entry, text);
  await buildProgram(entry, root, { lock: 'update' });
  return root;
}

/** Runs until this was told, then ends with a savepoint. */
async function runUntil(
  artifactDir: string,
  wanted: string,
  parallelism: number,
  restore?: string,
): Promise<{ readonly told: readonly string[]; readonly savepoint: string }> {
  const told: string[] = [];
  const job = await runEmbedded({
    artifactDir,
    parallelism,
    restore,
    // The source of the rules has ended; its subtask waits for the last checkpoint and so takes part.
    configuration: { 'execution.checkpointing.interval': '1 h' },
    onRecords: (_, records) => told.push(...(records as readonly string[])),
  });
  for (const giveUp = Date.now() + 240_000; !told.includes(wanted); await delay(5))
    assert.ok(Date.now() < giveUp, `never told ${wanted}: ${[...new Set(told)].join(' ')}`);
  const { location } = await job.stopWithSavepoint(join(folder, 'savepoints'), false);
  await job.result;
  return { told, savepoint: location };
}

test('§10.4 §6 migrate functions of a broadcast descriptor make the new values, at any parallelism', async () => {
  const first = await runUntil(await build('before', before), '42', 2);
  const migrated = '{"limit":42,"unit":"old"}';
  const second = await runUntil(await build('after', after), migrated, 3, first.savepoint);
  assert.equal([...new Set(second.told)], [migrated]);
  // What was migrated is in the next savepoint as it is now, also where no function has to be called any more.
  const third = await runUntil(join(folder, 'after'), migrated, 1, second.savepoint);
  assert.equal([...new Set(third.told)], [migrated]);
});

test.run();
