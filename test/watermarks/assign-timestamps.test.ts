/** assignTimestampsAndWatermarks after an operator (datastream-semantics §2.4). */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../plugins/api/types.js';
import type { WatermarkStrategySpec } from '../../plugins/api/watermarks.js';
import { AssignTimestampsOperator } from '../../runtime/operators/index.js';
import { OperatorHarness } from '../windows/operator-harness.js';

type Event = { readonly at: number };

function operator(strategy: WatermarkStrategySpec<Event>, batchMode = false) {
  const harness = new OperatorHarness({ batchMode });
  const log: string[] = [];
  const target = {
    onWatermark: (watermark: number) => log.push(`w${watermark}`),
    onIdle: (idle: boolean) => log.push(idle ? 'idle' : 'active'),
  };
  const op = new AssignTimestampsOperator<Event>(harness.ctx, { strategy, target }, (value, timestamp) => {
    log.push(`${value.at}@${timestamp}`);
  });
  const take = (): string => log.splice(0).join(' ');
  return { op, harness, take };
}

const byField = (event: Event): number => event.at;

test('§2.4 timestamps are assigned, and periodic watermarks follow them', () => {
  const { op, take } = operator({
    generator: { kind: 'bounded', maxOutOfOrderness: 2 },
    timestampAssigner: byField,
  });
  op.processElement({ at: 10 }, 99);
  op.onPeriodicEmit();
  op.onPeriodicEmit();
  assert.is(take(), '10@10 w7');
});

test('§2.4 without an assigner the timestamp stays', () => {
  const { op, take } = operator({ generator: { kind: 'none' } });
  op.processElement({ at: 1 }, 99);
  assert.is(take(), '1@99');
});

test('§2.4 incoming watermarks are dropped, except the end of time', () => {
  const { op, take } = operator({
    generator: { kind: 'bounded', maxOutOfOrderness: 0 },
    timestampAssigner: byField,
  });
  op.advanceWatermark(50);
  assert.is(take(), '');
  op.advanceWatermark(MAX_TIMESTAMP);
  op.finish();
  assert.is(take(), `w${MAX_TIMESTAMP}`);
});

test('§2.4 a punctuated watermark follows the record that caused it', () => {
  const create = () => ({
    onEvent: (_: Event, timestamp: number, output: { emitWatermark(w: number): void }) =>
      output.emitWatermark(timestamp),
    onPeriodicEmit: () => {},
  });
  const { op, take } = operator({ generator: { kind: 'custom', create }, timestampAssigner: byField });
  op.processElement({ at: 3 }, MIN_TIMESTAMP);
  assert.is(take(), '3@3 w3');
});

test('§2.4 idleness comes from the generator, and a record ends it before it goes out', () => {
  const { op, harness, take } = operator({
    generator: { kind: 'bounded', maxOutOfOrderness: 0 },
    timestampAssigner: byField,
    idleTimeout: 100,
  });
  op.processElement({ at: 3 }, MIN_TIMESTAMP);
  for (let i = 1; i <= 4; i++) {
    harness.clock.advanceTo(i * 100);
    op.onPeriodicEmit();
  }
  assert.is(take(), '3@3 w2 idle');
  op.processElement({ at: 4 }, MIN_TIMESTAMP);
  assert.is(take(), 'active 4@4');
});

test('§3.12 BATCH: only the end of time', () => {
  const { op, take } = operator(
    { generator: { kind: 'bounded', maxOutOfOrderness: 0 }, timestampAssigner: byField },
    true,
  );
  op.processElement({ at: 3 }, MIN_TIMESTAMP);
  op.onPeriodicEmit();
  op.advanceWatermark(MAX_TIMESTAMP);
  assert.is(take(), `3@3 w${MAX_TIMESTAMP}`);
});

test.run();
