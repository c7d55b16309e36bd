import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Batch } from '../../plugins/api/batch.js';
import type { PollStatus, ReaderOutput, SourceReader, SourceSplit } from '../../plugins/api/source.js';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../plugins/api/types.js';
import { SourceWatermarks } from '../../runtime/operators/watermarks/source-watermarks.js';
import { SourceDriver } from '../../runtime/taskmanager/source-driver.js';
import { numberLayout } from './modules/layouts.js';

type Poll = (output: ReaderOutput<unknown>) => PollStatus;

/** A reader that follows a script; what it is told is written down. */
class ScriptedReader implements SourceReader<unknown, SourceSplit> {
  readonly told: string[] = [];
  polls = 0;
  wake = (): void => {};
  pauseOrResumeSplits?: (pause: readonly string[], resume: readonly string[]) => void;
  readonly #script: Poll[];
  constructor(pausable: boolean, ...script: Poll[]) {
    this.#script = script;
    if (pausable)
      this.pauseOrResumeSplits = (pause, resume) =>
        void this.told.push(`pause ${pause.join()} resume ${resume.join()}`);
  }
  start(): void {}
  pollNext(output: ReaderOutput<unknown>): PollStatus {
    this.polls++;
    return this.#script.shift()?.(output) ?? 'NOTHING_AVAILABLE';
  }
  isAvailable(): Promise<void> {
    return new Promise(resolve => (this.wake = resolve));
  }
  addSplits(splits: readonly SourceSplit[]): void {
    this.told.push(`add ${splits.map(split => split.splitId).join()}`);
  }
  notifyNoMoreSplits(): void {}
  snapshotState(): readonly SourceSplit[] {
    return [];
  }
  async close(): Promise<void> {}
}

function drive(reader: ScriptedReader, splits: readonly string[]) {
  const watermarks: number[] = [];
  const rows: string[] = [];
  const source = new SourceWatermarks(
    { generator: { kind: 'bounded', maxOutOfOrderness: 0 } },
    { onWatermark: watermark => void watermarks.push(watermark), onIdle: () => {} },
    { now: () => 0 },
  );
  const driver = new SourceDriver({
    reader,
    operator: 0,
    layout: numberLayout,
    batchRows: 4,
    watermarks: source,
    wake: () => {},
    fail: error => assert.unreachable(String(error)),
    allowUnalignedSplits: false,
  });
  driver.start(splits.map(splitId => ({ splitId })));
  const process = (batch: Batch): void => {
    for (let i = 0; i < batch.length; i++)
      rows.push(`${batch.splitId}:${Number(batch.columns[0]![i])}@${batch.timestamps[i]}`);
    source.onBatch(batch.splitId!, batch.timestamps[batch.length - 1]!);
  };
  return { driver, source, watermarks, rows, process };
}
const runAll = ({ driver, process }: Pick<ReturnType<typeof drive>, 'driver' | 'process'>): void => {
  while (driver.step(process));
};

test('one batch holds rows of one split, in the order in which they were handed out', () => {
  const run = drive(
    new ScriptedReader(true, output => {
      output.collect(1, 10, 'a');
      output.collect(2, 20, 'b');
      output.collect(3, 30, 'b');
      output.collect(4, 40, 'a');
      return 'END_OF_INPUT';
    }),
    ['a', 'b'],
  );
  runAll(run);
  assert.equal(run.rows, ['a:1@10', 'b:2@20', 'b:3@30', 'a:4@40']);
  assert.ok(run.driver.ended);
});

test('collect says when the batch is full', () => {
  const answers: boolean[] = [];
  const run = drive(
    new ScriptedReader(true, output => {
      for (let i = 0; i < 4; i++) answers.push(output.collect(i, i, 'a'));
      return 'NOTHING_AVAILABLE';
    }),
    ['a'],
  );
  runAll(run);
  assert.equal(answers, [true, true, true, false]);
});

test('§2.4 a released split stops holding back the watermark, after its last rows', () => {
  const run = drive(
    new ScriptedReader(true, output => {
      output.collect(1, 5, 'a');
      output.collect(2, 50, 'b');
      output.releaseOutputForSplit('a');
      return 'NOTHING_AVAILABLE';
    }),
    ['a', 'b'],
  );
  runAll(run);
  run.source.onPeriodicEmit();
  assert.equal(run.watermarks, [49]);
});

test('rows of a reader that does not name its splits do not wait for splits that never report', () => {
  const run = drive(
    new ScriptedReader(true, output => {
      output.collect(1, 5);
      return 'NOTHING_AVAILABLE';
    }),
    ['a', 'b'],
  );
  runAll(run);
  run.source.onPeriodicEmit();
  assert.equal(run.watermarks, [4]);
});

test('a reused batch shows no timestamp of an earlier row', () => {
  const collect = (output: ReaderOutput<unknown>, timestamp?: number): PollStatus => {
    const batch = output.batch('a');
    (batch.columns[0] as Float64Array)[0] = 1;
    if (timestamp !== undefined) batch.timestamps[0] = timestamp;
    batch.length = 1;
    output.commit();
    return 'MORE_AVAILABLE';
  };
  const run = drive(
    new ScriptedReader(
      true,
      output => collect(output, 7),
      // computed rows, which write none
      output => {
        output.batch('a').rows = {};
        return collect(output);
      },
      output => collect(output, 9),
      output => collect(output),
    ),
    ['a'],
  );
  runAll(run);
  const none = `a:1@${MIN_TIMESTAMP}`;
  assert.equal(run.rows, ['a:1@7', none, 'a:1@9', none]);
});

test('§2.5 splits ahead of the limit are paused, and resumed when the limit has risen', () => {
  const reader = new ScriptedReader(true, output => {
    output.collect(1, 100, 'a');
    output.collect(2, 900, 'b');
    return 'NOTHING_AVAILABLE';
  });
  const run = drive(reader, ['a', 'b']);
  runAll(run);
  run.source.onPeriodicEmit();
  run.driver.align(500);
  run.driver.align(1000);
  assert.equal(reader.told, ['add a,b', 'pause b resume ', 'pause  resume b']);
});

test('§2.5 a source of one split that cannot be paused aligns as a whole', () => {
  const more: Poll = output => {
    output.collect(1, 900, 'a');
    return 'MORE_AVAILABLE';
  };
  const reader = new ScriptedReader(false, more);
  const run = drive(reader, ['a']);
  runAll(run);
  run.source.onPeriodicEmit();
  run.driver.onCommand({ kind: 'noMoreSplits' });
  run.driver.align(500);
  const polls = reader.polls;
  assert.not(run.driver.step(run.process));
  assert.is(reader.polls, polls);
  run.driver.align(MAX_TIMESTAMP);
  run.driver.step(run.process);
  assert.ok(reader.polls > polls);
});

test('§2.5 several splits that cannot be paused are an error', () => {
  const run = drive(new ScriptedReader(false), ['a', 'b']);
  assert.throws(() => run.driver.align(500), /cannot pause single splits/);
});

test.run();
