/**
 * What every source keeps to (after Flink's Source V2): call `sourceConformance` with a fixture in a test of the
 * connector, then `run()` the suite.
 */
import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import { ship, type Shippable } from '../../plugins/api/shipping.js';
import { SourceRun, type ReadRow, type SourceFixture, type SourceState } from './source-run.js';

export interface SourceConformance extends SourceFixture {
  /** all records; of a source without end: the first ones */
  readonly expected: readonly unknown[];
  /** the source cannot go back to an earlier position (a socket): nothing is restored */
  readonly volatile?: boolean;
  /** after each test */
  readonly release?: () => void | Promise<void>;
}

export function sourceConformance(
  name: string,
  make: () => SourceConformance | Promise<SourceConformance>,
): Test {
  const tests = suite(`source ${name}`);
  const check = (title: string, body: (fixture: SourceConformance) => Promise<void>): void =>
    tests(title, async () => {
      const fixture = await make();
      try {
        await body(fixture);
      } finally {
        await fixture.release?.();
      }
    });
  const repeatable = (title: string, body: (fixture: SourceConformance) => Promise<void>): void =>
    check(title, async fixture => {
      if (!fixture.volatile) await body(fixture);
    });

  for (const parallelism of [1, 2, 4])
    for (const batchRows of [1, 7, 4096])
      check(
        `§12 reader: every record once: parallelism ${parallelism}, batches of ${batchRows}`,
        async fixture => {
          const run = await started(fixture, parallelism, batchRows);
          await finish(run, fixture, []);
        },
      );

  check('§12 enumerator: a reader without splits waits, then ends', async fixture => {
    const run = await started(fixture, 4, 64);
    await finish(run, fixture, []);
    if (isBounded(fixture)) assert.equal(run.ended, [true, true, true, true]);
  });

  for (const [before, after] of [
    [1, 1],
    [2, 2],
    [1, 4],
    [4, 1],
  ] as const)
    repeatable(
      `goes on exactly from a snapshot at any point: parallelism ${before}, then ${after}`,
      async fixture => {
        for (let polls = 0; ; polls = polls < 8 ? polls + 1 : polls * 2) {
          const first = await started(fixture, before, 7);
          await first.run(limitOf(fixture, polls));
          const state = first.snapshot();
          const rows = [...first.rows];
          await first.close();
          const second = await started(fixture, after, 7, state);
          await finish(second, fixture, rows);
          if (rows.length >= fixture.expected.length) break;
        }
      },
    );

  repeatable('§12 splits: a snapshot does not disturb', async fixture => {
    const run = await started(fixture, 2, 7);
    for (let i = 0; i < 10; i++) {
      await run.run(limitOf(fixture, 2));
      run.snapshot();
    }
    await finish(run, fixture, []);
  });

  repeatable('§12 addSplitsBack: splits of a lost reader are read by another', async fixture => {
    if (!isBounded(fixture)) return;
    const run = await started(fixture, 2, 7);
    await run.run({ polls: 6 });
    if (!run.ended.includes(true)) await run.lose(0);
    await finish(run, fixture, []);
  });

  repeatable('a paused split gives nothing until it is resumed', async fixture => {
    const run = await started(fixture, 1, 7);
    const [reader] = run.readers;
    await run.run(limitOf(fixture, 2));
    const splits = reader!.snapshotState(1).map(split => split.splitId);
    if (splits.length === 0) return run.close();
    assert.ok('pauseOrResumeSplits' in reader!, 'alignment needs splits that can be paused');
    reader!.pauseOrResumeSplits!(splits, []);
    const before = run.rows.length;
    for (let i = 0; i < 3; i++) {
      assert.is(await run.poll(0), 'NOTHING_AVAILABLE');
      assert.is(await settled(reader!.isAvailable()), false, 'a paused reader does not spin');
    }
    assert.is(run.rows.length, before);
    reader!.pauseOrResumeSplits!([], splits);
    await finish(run, fixture, []);
  });

  check('can be closed at any time, and again', async fixture => {
    for (const polls of [0, 1, 3]) {
      const run = await started(fixture, 2, 7);
      await run.run(limitOf(fixture, polls));
      await run.close();
      await run.close();
    }
  });

  check('ships as its class and arguments', async ({ source }) => {
    const { module, name: exported, args } = (source as unknown as Shippable)[ship]();
    const made = new (source.constructor as new (...args: readonly unknown[]) => typeof source)(...args);
    assert.match(module, /^flinkc\//);
    assert.is(exported, source.constructor.name);
    assert.is(made.describe(), source.describe());
    assert.is(made.boundedness, source.boundedness);
  });
  return tests;
}

async function started(
  fixture: SourceFixture,
  parallelism: number,
  batchRows: number,
  restore?: SourceState,
): Promise<SourceRun> {
  const run = new SourceRun(fixture, parallelism, batchRows, restore);
  await run.start();
  return run;
}

/** Reads the rest and compares. */
async function finish(run: SourceRun, fixture: SourceConformance, before: readonly ReadRow[]): Promise<void> {
  const left = fixture.expected.length - before.length;
  await run.run(isBounded(fixture) ? {} : { rows: left });
  const rows = [...before, ...run.rows];
  if (isBounded(fixture)) {
    assert.is(rows.length, fixture.expected.length, 'number of records');
    assert.equal(sorted(rows.map(row => row.record)), sorted(fixture.expected));
  } else {
    const known = new Set(rows.map(row => text(row.record)));
    assert.is(known.size, rows.length, 'no record twice');
    // parts of a stream without end are read side by side: the first of each come first
    if (run.readers.length === 1 && new Set(rows.map(row => row.splitId)).size === 1)
      assert.equal(
        rows.slice(0, fixture.expected.length).map(row => row.record),
        fixture.expected,
      );
  }
  await run.close();
}

function limitOf(fixture: SourceConformance, polls: number): { rows?: number; polls: number } {
  return isBounded(fixture) ? { polls } : { rows: fixture.expected.length, polls };
}
const isBounded = ({ source }: SourceFixture): boolean => source.boundedness === 'BOUNDED';

async function settled(promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([
    promise.then(() => true),
    new Promise<boolean>(resolve => setTimeout(() => resolve(false), 5)),
  ]);
}

const text = (record: unknown): string =>
  JSON.stringify(record, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)) ??
  'undefined';
const sorted = (records: readonly unknown[]): string[] => records.map(text).sort();
