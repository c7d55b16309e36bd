/** Generators, splits, idleness and alignment of sources (datastream-semantics §2.4, §2.5, §13.1). */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../plugins/api/types.js';
import type { WatermarkGenerator, WatermarkStrategySpec } from '../../plugins/api/watermarks.js';
import { alignmentLimit, SourceWatermarks } from '../../runtime/operators/watermarks/index.js';
import { RecordedTarget } from './recorded-target.js';

const period = 200;

class Source {
  readonly target = new RecordedTarget();
  readonly watermarks: SourceWatermarks;
  now = 1_000_000;

  constructor(strategy: WatermarkStrategySpec<never>) {
    this.watermarks = new SourceWatermarks(strategy, this.target, { now: () => this.now });
  }
  /** One auto-watermark interval passes. */
  tick(): readonly (number | 'idle' | 'active')[] {
    this.now += period;
    this.watermarks.onPeriodicEmit();
    return this.target.take();
  }
}

const bounded = (maxOutOfOrderness: number): WatermarkStrategySpec<never> => ({
  generator: { kind: 'bounded', maxOutOfOrderness },
});

test('§2.4 bounded out-of-orderness: largest timestamp − bound − 1, at periodic calls, when it rises', () => {
  const source = new Source(bounded(5));
  assert.is(source.watermarks.mode, 'batch');
  source.watermarks.onBatch('a', 100);
  assert.equal(source.target.take(), [], 'not before the period is over');
  assert.equal(source.tick(), [94]);
  source.watermarks.onBatch('a', 90);
  assert.equal(source.tick(), []);
  source.watermarks.onBatch('a', 101);
  assert.equal(source.tick(), [95]);
});

test('§2.4 nothing is emitted before the first event, whatever the bound', () => {
  const source = new Source(bounded(1e15));
  source.watermarks.addSplit('a');
  assert.equal(source.tick(), []);
  source.watermarks.onBatch('a', MIN_TIMESTAMP);
  assert.equal(source.tick(), [], 'records without a timestamp tell nothing');
});

test('§2.4 monotonous timestamps: the watermark is the largest timestamp − 1', () => {
  const source = new Source(bounded(0));
  source.watermarks.onBatch('a', 7);
  assert.equal(source.tick(), [6]);
});

test('§2.4 a punctuated generator emits in onEvent; drain passes it on', () => {
  const generator = (): WatermarkGenerator<unknown> => ({
    onEvent: (event, timestamp, output) => {
      if (event === 'mark') output.emitWatermark(timestamp);
    },
    onPeriodicEmit: () => {},
  });
  const source = new Source({ generator: { kind: 'custom', create: generator } });
  assert.is(source.watermarks.mode, 'event');
  assert.is(source.watermarks.onEvent('a', 'x', 5), false);
  assert.is(source.watermarks.onEvent('a', 'mark', 6), true);
  source.watermarks.drain();
  assert.equal(source.target.take(), [6]);
  assert.is(source.watermarks.onEvent('a', 'mark', 6), false, 'not higher');
});

test('§2.4 noWatermarks: none but the final one', () => {
  const source = new Source({ generator: { kind: 'none' } });
  assert.is(source.watermarks.mode, 'none');
  source.watermarks.addSplit('a');
  assert.equal(source.tick(), []);
  source.watermarks.endOfInput();
  assert.equal(source.target.take(), [MAX_TIMESTAMP]);
});

test('§2.4 the watermark of a source is the minimum over its splits', () => {
  const source = new Source(bounded(0));
  source.watermarks.addSplit('a');
  source.watermarks.addSplit('b');
  source.watermarks.onBatch('a', 100);
  assert.equal(source.tick(), [], 'b has none yet');
  source.watermarks.onBatch('b', 50);
  assert.equal(source.tick(), [49]);
  source.watermarks.removeSplit('b');
  assert.equal(source.tick(), [99], 'a finished split no longer counts');
  source.watermarks.addSplit('c');
  source.watermarks.onBatch('a', 200);
  assert.equal(source.tick(), [], 'a new split starts without a watermark');
});

test('§2.4 withIdleness: the clock starts at the first periodic call without events; strictly more than d later idle', () => {
  const source = new Source({ ...bounded(0), idleTimeout: 2 * period });
  source.watermarks.onBatch('a', 10);
  assert.equal(source.tick(), [9]);
  assert.equal(source.tick(), [], 'starts here');
  assert.equal(source.tick(), []);
  assert.equal(source.tick(), [], 'exactly d');
  assert.equal(source.tick(), ['idle']);
  assert.equal(source.tick(), [], 'marked once');
});

test('§2.3.7 an event makes the stream active before its record', () => {
  const source = new Source({ ...bounded(0), idleTimeout: 0 });
  source.watermarks.onBatch('a', 10);
  source.tick();
  source.tick();
  assert.equal(source.tick(), ['idle']);
  source.watermarks.onActivity('a');
  assert.equal(source.target.take(), ['active']);
  source.watermarks.onBatch('a', 5);
  assert.equal(source.tick(), []);
});

test('§2.4 idle splits do not hold back the others; the source is idle when all are', () => {
  const source = new Source({ ...bounded(0), idleTimeout: period });
  source.watermarks.onBatch('a', 10);
  source.watermarks.onBatch('b', 100);
  assert.equal(source.tick(), [9]);
  for (const expected of [[], [], [99]]) {
    source.watermarks.onBatch('b', 100);
    assert.equal(source.tick(), expected);
  }
  assert.equal(source.tick(), []);
  assert.equal(source.tick(), []);
  assert.equal(source.tick(), ['idle']);
  source.watermarks.onBatch('a', 20);
  assert.equal(source.target.take(), ['active']);
  assert.equal(source.tick(), [], 'behind what was emitted');
});

test('§2.4 the inactivity clock stands still under back-pressure', () => {
  const source = new Source({ ...bounded(0), idleTimeout: period });
  source.watermarks.onBatch('a', 10);
  source.tick();
  source.tick();
  source.watermarks.setBackPressured(true);
  for (let i = 0; i < 5; i++) assert.equal(source.tick(), []);
  source.watermarks.setBackPressured(false);
  assert.equal(source.tick(), []);
  assert.equal(source.tick(), ['idle']);
});

test('§2.4 a reader without splits becomes idle after the timeout', () => {
  const source = new Source({ ...bounded(0), idleTimeout: period });
  assert.equal(source.tick(), []);
  assert.equal(source.tick(), []);
  assert.equal(source.tick(), ['idle']);
  source.watermarks.addSplit('a');
  source.watermarks.onBatch('a', 5);
  assert.equal(source.tick(), ['active', 4]);
});

test('§12 a source can give its own watermarks and idleness, per split', () => {
  const source = new Source({ generator: { kind: 'none' } });
  source.watermarks.emitWatermark(5, 'a');
  source.watermarks.emitWatermark(3, 'b');
  assert.equal(source.target.take(), [5]);
  source.watermarks.emitWatermark(8, 'b');
  source.watermarks.emitWatermark(9, 'a');
  assert.equal(source.target.take(), [8]);
  source.watermarks.markIdle('a');
  source.watermarks.markIdle('b');
  assert.equal(source.target.take(), ['idle']);
  source.watermarks.markActive('b');
  assert.equal(source.target.take(), ['active']);
});

test('§13.1 the end of an idle source: ACTIVE, then the end of time', () => {
  const source = new Source({ generator: { kind: 'none' } });
  source.watermarks.markIdle('a');
  assert.equal(source.target.take(), ['idle']);
  source.watermarks.endOfInput();
  assert.equal(source.target.take(), ['active', MAX_TIMESTAMP]);
});

test('§2.5 alignment: the limit is the minimum of the reports, idle ones excluded, plus the drift', () => {
  assert.is(alignmentLimit([30, null, 20], 5), 25);
  assert.is(alignmentLimit([null, null], 5), MAX_TIMESTAMP);
  assert.is(alignmentLimit([], 5), MAX_TIMESTAMP);
});

test('§2.5 splits ahead of the limit pause, and go on once they no longer are', () => {
  const source = new Source({ ...bounded(0), idleTimeout: period });
  source.watermarks.onBatch('slow', 11);
  source.watermarks.onBatch('fast', 101);
  source.tick();
  assert.is(source.watermarks.alignmentReport(), 10);
  assert.equal(source.watermarks.applyAlignmentLimit(50), { pause: ['fast'], resume: [] });
  assert.equal(source.watermarks.applyAlignmentLimit(60), { pause: [], resume: [] });
  for (let i = 0; i < 5; i++) {
    source.watermarks.onBatch('slow', 11);
    assert.equal(source.tick(), [], 'a paused split is not idle: it may not speak');
  }
  assert.equal(source.watermarks.applyAlignmentLimit(100), { pause: [], resume: ['fast'] });
});

test('§2.5 an idle source reports nothing', () => {
  const source = new Source({ generator: { kind: 'none' } });
  source.watermarks.emitWatermark(5);
  source.watermarks.markIdle();
  assert.is(source.watermarks.alignmentReport(), null);
});

test.run();
