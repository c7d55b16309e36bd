/**
 * What every sink keeps to (after Flink's Sink V2): call `sinkConformance` with a fixture in a test of the connector,
 * then `run()` the suite.
 */
import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Schema } from '../../plugins/api/schema.js';
import { ship, type Shippable } from '../../plugins/api/shipping.js';
import type { Sink } from '../../plugins/api/sink.js';
import { SinkRun, type SinkCheckpoint } from './sink-run.js';

export interface SinkConformance {
  readonly sink: Sink<never>;
  readonly schema: Schema;
  readonly records: readonly unknown[];
  /** what a reader outside sees as finished; null: the sink keeps nothing */
  readonly visible: ((run: SinkRun) => readonly unknown[] | Promise<readonly unknown[]>) | null;
  /** commits make records visible, each exactly once */
  readonly twoPhase: boolean;
  readonly release?: () => void | Promise<void>;
}

export function sinkConformance(name: string, make: () => SinkConformance | Promise<SinkConformance>): Test {
  const tests = suite(`sink ${name}`);
  const check = (title: string, body: (fixture: SinkConformance) => Promise<void>): void =>
    tests(title, async () => {
      const fixture = await make();
      try {
        await body(fixture);
      } finally {
        await fixture.release?.();
      }
    });
  const twoPhase = (title: string, body: (fixture: SinkConformance) => Promise<void>): void =>
    check(title, async fixture => {
      if (fixture.twoPhase) await body(fixture);
    });
  const start = ({ sink, schema }: SinkConformance, parallelism: number, restore?: SinkCheckpoint): SinkRun =>
    new SinkRun(sink as Sink<unknown>, schema, parallelism, restore);
  const seen = async (fixture: SinkConformance, run: SinkRun): Promise<string[]> =>
    sorted((await fixture.visible?.(run)) ?? []);

  for (const parallelism of [1, 2, 4])
    check(`every record once when the input ends: parallelism ${parallelism}`, async fixture => {
      const run = start(fixture, parallelism);
      await run.write(fixture.records);
      await run.finish();
      if (fixture.visible) assert.equal(await seen(fixture, run), sorted(fixture.records));
    });

  twoPhase('nothing is visible before it is committed', async fixture => {
    const run = start(fixture, 2);
    await run.write(fixture.records);
    assert.equal(await seen(fixture, run), []);
    const prepared = await run.prepare(true);
    assert.equal(await seen(fixture, run), []);
    await run.commit(prepared);
    assert.equal(await seen(fixture, run), sorted(fixture.records));
    await run.close(false);
  });

  twoPhase('commits may be repeated', async fixture => {
    const run = start(fixture, 1);
    await run.write(fixture.records);
    const prepared = await run.prepare(true);
    assert.equal([...new Set(await run.commit(prepared))], ['done']);
    assert.equal([...new Set(await run.commit(prepared))], ['already']);
    assert.equal(await seen(fixture, run), sorted(fixture.records));
    await run.close(false);
  });

  twoPhase('an abort leaves nothing that looks finished', async fixture => {
    const run = start(fixture, 2);
    await run.write(fixture.records);
    run.advance(24 * 3_600_000);
    await run.close(true);
    assert.equal(await seen(fixture, run), []);
  });

  for (const committed of [false, true])
    for (const [before, after] of [
      [1, 1],
      [2, 2],
      [1, 2],
      [4, 1],
    ] as const)
      twoPhase(
        `goes on from a checkpoint, ${committed ? '' : 'not '}committed before the failure: parallelism ${before}, then ${after}`,
        async ({ records, ...rest }) => {
          const fixture = { records, ...rest };
          for (const cut of [0, 1, Math.floor(records.length / 2), records.length]) {
            const known = await seen(fixture, start(fixture, 1));
            const first = start(fixture, before);
            await first.write(records.slice(0, cut));
            const checkpoint = await first.checkpoint();
            if (committed) await first.commit(checkpoint.committables);
            // written after the checkpoint, so written once more after the restore; files are closed by time meanwhile
            await first.write(records.slice(cut));
            first.advance(3_600_000);
            await first.close(true);
            const second = start(fixture, after, checkpoint);
            await second.commit(checkpoint.committables);
            await second.write(records.slice(cut));
            await second.finish();
            assert.equal(await seen(fixture, second), sorted([...known.map(parsed), ...records]));
          }
        },
      );

  twoPhase('an attempt that is over and comes back changes nothing', async fixture => {
    const { records } = fixture;
    const third = Math.floor(records.length / 3);
    const first = start(fixture, 1);
    await first.write(records.slice(0, third));
    const checkpoint = await first.checkpoint();
    await first.commit(checkpoint.committables);
    const second = start(fixture, 1, checkpoint);
    await second.commit(checkpoint.committables);
    await second.write(records.slice(third, 2 * third));
    // in another order than its successor
    await first.write(records.slice(third).toReversed());
    await first.prepare(false);
    first.advance(3_600_000);
    await second.write(records.slice(2 * third));
    const next = await second.checkpoint();
    await first.close(true);
    await second.commit(next.committables);
    await second.finish();
    assert.equal(await seen(fixture, second), sorted(records));
  });

  twoPhase('checkpoints one after the other', async fixture => {
    const run = start(fixture, 2);
    for (const record of fixture.records) {
      await run.write([record]);
      await run.commit((await run.checkpoint()).committables);
    }
    await run.finish();
    assert.equal(await seen(fixture, run), sorted(fixture.records));
  });

  check('ends without records', async fixture => {
    const run = start(fixture, 2);
    await run.checkpoint();
    await run.finish();
    if (fixture.visible) assert.equal(await seen(fixture, run), []);
  });

  check('ships as its class and arguments', async ({ sink }) => {
    const { module, name: exported, args } = (sink as unknown as Shippable)[ship]();
    const made = new (sink.constructor as new (...args: readonly unknown[]) => typeof sink)(...args);
    assert.match(module, /^flinkc\//);
    assert.is(exported, sink.constructor.name);
    assert.is(made.describe(), sink.describe());
  });
  return tests;
}

const text = (record: unknown): string => JSON.stringify(record) ?? 'undefined';
const parsed = (record: unknown): unknown => JSON.parse(record as string);
const sorted = (records: readonly unknown[]): string[] => records.map(text).sort();
