/**
 * Unaligned checkpoints (datastream-semantics §9.3) of jobs whose channels are full: they are there soon, and what their
 * barriers have overtaken is neither lost nor doubled, whatever parallelism the job goes on with.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CheckpointRecord } from '../../runtime/core/checkpoints/statistics.js';
import type { RuntimeFault } from '../../runtime/contract/fault.js';
import { runEmbedded, type JobHandle } from '../../runtime/embedded/index.js';
import {
  decodeMetadata,
  encodeMetadata,
  type CheckpointMetadata,
} from '../../runtime/state/storage/metadata.js';
import { buildProgram } from '../compile/build-program.js';

const unaligned = suite('unaligned checkpoints');
const folder = mkdtempSync(join(tmpdir(), 'flinkc-unaligned-'));
const artifactDir = join(folder, 'job');
unaligned.before(async () => {
  await buildProgram('test/engine/programs/back-pressured.ts', artifactDir);
});
unaligned.after(() => rmSync(folder, { recursive: true, force: true }));

const records = 60_000;
let runs = 0;
class Run {
  readonly path = join(folder, `run-${runs++}`);
  readonly output = join(this.path, 'output');

  constructor() {
    mkdirSync(this.output, { recursive: true });
  }

  start(
    configuration: Readonly<Record<string, string>>,
    params: Readonly<Record<string, string>> = {},
    parallelism = 2,
    restore?: string,
  ): Promise<JobHandle> {
    return runEmbedded({
      artifactDir,
      parallelism,
      restore,
      // Subtasks say how they are only if somebody listens.
      onProgress: () => {},
      params: { directory: this.output, ...params },
      configuration: {
        'pipeline.max-parallelism': '16',
        'execution.checkpointing.dir': join(this.path, 'checkpoints'),
        'execution.checkpointing.savepoint-dir': join(this.path, 'savepoints'),
        'execution.checkpointing.externalized-checkpoint-retention': 'RETAIN_ON_CANCELLATION',
        'execution.checkpointing.unaligned.enabled': 'true',
        'execution.checkpointing.interval': '1 h',
        // Little room in channels: they are full soon, and batches travel in pieces.
        'taskmanager.memory.segment-size': '8 kb',
        'web.checkpoints.history': '1000',
        'metrics.fetcher.update-interval': '30 ms',
        ...configuration,
      },
    });
  }

  /** Every record once, and every count of a key once. */
  checkOutput(): void {
    const lines = readdirSync(this.output)
      .filter(file => !file.startsWith('.'))
      .flatMap(file => readFileSync(join(this.output, file), 'utf8').split('\n'))
      .filter(line => line !== '')
      .map(line => line.split(' ').map(Number) as [number, number, number]);
    assert.is(lines.length, records);
    assert.is(new Set(lines.map(([, , value]) => value)).size, records, 'every record');
    assert.is(new Set(lines.map(([key, seen]) => `${key} ${seen}`)).size, records, 'every count');
    assert.ok(lines.every(([key, , value]) => key === value % 37));
  }
}

/** Both exchanges are full. */
async function backPressured(job: JobHandle): Promise<void> {
  for (const giveUp = Date.now() + 240_000; ;) {
    const blocked = job.details.metrics.filter(({ values }) => values['isBackPressured'] === true);
    if (new Set(blocked.map(({ task }) => task)).size >= 2) return;
    assert.ok(Date.now() < giveUp, 'no back-pressure');
    await delay(20);
  }
}

interface Taken {
  readonly ms: number;
  readonly record: CheckpointRecord;
  readonly metadata: CheckpointMetadata;
  readonly location: string;
}
async function takeCheckpoint(job: JobHandle): Promise<Taken> {
  const started = performance.now();
  const { checkpointId, location } = await job.triggerCheckpoint();
  const ms = performance.now() - started;
  const record = job.details.checkpointStatistics.find(checkpointId)!;
  const file = join(location, '_metadata');
  return { ms, record, metadata: decodeMetadata(file, readFileSync(file)), location };
}
/**
 * The first checkpoint that has overtaken the rows of at least so many channels. A source that gets no core for a while
 * leaves the channels empty, and a barrier then has nothing to overtake.
 */
async function overtake(job: JobHandle, channels = 1): Promise<Taken> {
  for (;;) {
    await backPressured(job);
    const taken = await takeCheckpoint(job);
    if (channelsOf(taken.metadata) >= channels) return taken;
  }
}
/** From the trigger until all barriers had come to the subtask where they came last, ms. */
const barriersTook = ({ subtasks }: CheckpointRecord): number =>
  Math.max(...subtasks.map(({ startDelayMs, alignmentMs }) => startDelayMs + alignmentMs));
/** A quarter of a minute of back-pressure: longer than any thread stands still. */
const slow = { micros: '500' };
const channelsOf = ({ subtasks }: CheckpointMetadata): number =>
  subtasks.reduce((sum, { channels }) => sum + (channels?.channels.length ?? 0), 0);

unaligned(
  '§9.3 an aligned checkpoint waits for the rows before its barriers, an unaligned one does not',
  async () => {
    const run = new Run();
    const aligned = await run.start({ 'execution.checkpointing.unaligned.enabled': 'false' }, slow);
    await backPressured(aligned);
    const waited = await takeCheckpoint(aligned);
    await aligned.cancel();
    assert.is(channelsOf(waited.metadata), 0);
    assert.is(waited.record.persistedBytes, 0);
    assert.not(waited.record.subtasks.some(subtask => subtask.unaligned));

    const job = await run.start({}, slow);
    const overtaken = await overtake(job);
    await job.cancel();
    assert.ok(overtaken.record.persistedBytes > 0);
    assert.ok(overtaken.record.subtasks.some(subtask => subtask.unaligned));
    const most = Math.max(...job.details.checkpointStatistics.history.map(record => record.persistedBytes));
    assert.is(job.details.checkpointStatistics.summary.persistedBytes!.max, most);
  },
);

const patient = {
  'restart-strategy.type': 'fixed-delay',
  'restart-strategy.fixed-delay.attempts': '5',
  'restart-strategy.fixed-delay.delay': '0 ms',
};

for (const [what, parallelism, configuration] of [
  ['two', 2, {}],
  ['three, state on disk', 3, { 'state.backend.type': 'rocksdb' }],
] as const)
  unaligned(`§9.3 §14 in-flight data are replayed: exactly once across two failures, ${what}`, async () => {
    const run = new Run();
    const release = join(run.path, 'release');
    const job = await run.start(
      { ...patient, ...configuration, 'execution.checkpointing.interval': '100 ms' },
      { ...slow, release, failAfter: '2000,1500' },
      parallelism,
    );
    const hasOvertaken = (): boolean =>
      job.details.checkpointStatistics.history.some(({ persistedBytes }) => persistedBytes > 0);
    for (const giveUp = Date.now() + 240_000; job.exceptions.length < 2 || !hasOvertaken(); await delay(20))
      assert.ok(Date.now() < giveUp, `${job.exceptions.length} failures`);
    writeFileSync(release, '');
    assert.is((await job.result).state, 'FINISHED');
    assert.is(job.exceptions.length, 2);
    run.checkOutput();
  });

for (const [before, after] of [
  [2, 2],
  [2, 3],
  [3, 1],
] as const)
  unaligned(
    `§9.3 a checkpoint with in-flight data is restored with parallelism ${before} → ${after}`,
    async () => {
      const run = new Run();
      const job = await run.start({}, slow, before);
      const { location } = await overtake(job, before + 1);
      await job.cancel();
      const next = await run.start({}, { micros: '0' }, after, location);
      await next.result;
      run.checkOutput();
    },
  );

unaligned('§9.3 with a timeout barriers are aligned first, and overtake when it has passed', async () => {
  const run = new Run();
  const timeout = 700;
  const job = await run.start(
    { 'execution.checkpointing.aligned-checkpoint-timeout': `${timeout} ms` },
    slow,
  );
  const { ms, record } = await overtake(job);
  await job.cancel();
  // Clocks of two threads, in milliseconds.
  assert.ok(ms >= timeout - 20, `${ms} ms`);
  assert.ok(record.subtasks.some(({ unaligned }) => unaligned));
  assert.ok(barriersTook(record) >= timeout - 20);

  const idle = await new Run().start(
    { 'execution.checkpointing.aligned-checkpoint-timeout': '10 min' },
    { micros: '0' },
  );
  await idle.result;
  const { latestCompleted } = idle.details.checkpointStatistics;
  assert.ok(latestCompleted!.subtasks.every(subtask => !subtask.unaligned));
  assert.is(latestCompleted!.persistedBytes, 0);
});

unaligned('§9.3 savepoints are aligned: they hold no channel state', async () => {
  const run = new Run();
  const job = await run.start({}, slow);
  await backPressured(job);
  const { checkpointId, location } = await job.triggerSavepoint(null);
  await job.cancel();
  const file = join(location, '_metadata');
  assert.is(channelsOf(decodeMetadata(file, readFileSync(file))), 0);
  assert.is(job.details.checkpointStatistics.find(checkpointId)!.persistedBytes, 0);
  const next = await run.start({}, { micros: '0' }, 1, location);
  await next.result;
  run.checkOutput();
});

unaligned(
  'FC5504 FC5515 channel state that is damaged, or of other columns, is refused by name',
  async () => {
    const run = new Run();
    const job = await run.start({}, slow);
    const { location, metadata } = await overtake(job);
    await job.cancel();
    const restored = async (): Promise<RuntimeFault> => {
      try {
        await (
          await run.start({ 'restart-strategy.type': 'none' }, { micros: '0' }, 2, location)
        ).result;
      } catch (error) {
        return error as RuntimeFault;
      }
      throw new Error('it should have been refused');
    };
    const metadataFile = join(location, '_metadata');
    const change = (from: string, to: string): void => {
      const text = JSON.stringify(metadata).replaceAll(from, to);
      writeFileSync(metadataFile, encodeMetadata(JSON.parse(text) as CheckpointMetadata));
    };
    change(' float64', ' int32');
    const columns = await restored();
    assert.is(columns.code, 'FC5515');
    assert.match(columns.message, /they have the columns .* int32/);
    change('"exchange":0', '"exchange":7');
    const exchange = await restored();
    assert.is(exchange.code, 'FC5515');
    assert.match(exchange.message, 'it has no such exchange');

    writeFileSync(metadataFile, encodeMetadata(metadata));
    const name = readdirSync(location).find(file => file.endsWith('-channels'))!;
    const bytes = readFileSync(join(location, name));
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(join(location, name), bytes);
    const damage = await restored();
    assert.is(damage.code, 'FC5504');
    assert.match(damage.message, name);
  },
);

unaligned.run();
