/** Harnesses of functions with two inputs: connected streams, and broadcast state beside a stream. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  BroadcastProcessFunction,
  CoProcessFunction,
  KeyedBroadcastProcessFunction,
  ListStateDescriptor,
  MapStateDescriptor,
  OutputTag,
} from '../../compiler/lang/index.js';
import type {
  BroadcastContext,
  Collector,
  KeyedBroadcastContext,
  KeyedBroadcastOnTimerContext,
  ListState,
  ProcessContext,
  ReadOnlyBroadcastContext,
  ReadOnlyKeyedBroadcastContext,
} from '../../plugins/api/index.js';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../plugins/api/types.js';
import {
  broadcastProcessHarness,
  coProcessHarness,
  keyedBroadcastProcessHarness,
} from '../../runtime/testing/index.js';

const words = new OutputTag<string>('words');

/** Numbers go on, words go aside; both with the watermark that they met. */
class Sort extends CoProcessFunction<number, string, number> {
  readonly watermarks: number[] = [];
  processElement1(n: number, ctx: ProcessContext, out: Collector<number>): void {
    this.watermarks.push(ctx.timerService.currentWatermark());
    out.collect(n);
  }
  processElement2(word: string, ctx: ProcessContext): void {
    this.watermarks.push(ctx.timerService.currentWatermark());
    ctx.output(words, word);
  }
}

test('§2.6 §5 coProcessHarness: two inputs without a key, each record with its own timestamp', () => {
  const fn = new Sort();
  const harness = coProcessHarness(fn);
  harness.processElement1(1, 10);
  harness.processElement2('a', 20);
  harness.processWatermark(15);
  harness.processElement1(2);
  harness.processElement2('b', 16);
  assert.equal(harness.output, [
    { value: 1, timestamp: 10 },
    { value: 2, timestamp: null },
  ]);
  assert.equal(harness.sideOutput(words), [
    { value: 'a', timestamp: 20 },
    { value: 'b', timestamp: 16 },
  ]);
  assert.equal(fn.watermarks, [MIN_TIMESTAMP, MIN_TIMESTAMP, 15, 15]);
  assert.is(harness.numKeys, 0);
  assert.throws(() => harness.stateOf('a'), 'this function has no key');
});

test('§3.1 coProcessHarness: timers need a key', () => {
  const harness = coProcessHarness<number, number, number>({
    processElement1: (_, ctx) => ctx.timerService.registerEventTimeTimer(1),
    processElement2: (_, ctx) => ctx.timerService.registerProcessingTimeTimer(1),
  });
  assert.throws(() => harness.processElement1(1), 'Setting timers is only supported on a keyed streams.');
  assert.throws(() => harness.processElement2(1), 'Setting timers is only supported on a keyed streams.');
});

test('coProcessHarness: end of input comes once, behind open and before close', () => {
  const events: string[] = [];
  class Life extends CoProcessFunction<number, number, number> {
    override open(): void {
      events.push('open');
    }
    processElement1(): void {}
    processElement2(): void {}
    override close(): void {
      events.push('close');
    }
  }
  const harness = coProcessHarness(new Life());
  harness.processWatermark(MAX_TIMESTAMP);
  harness.endInput();
  assert.equal(events, ['open']);
  harness.close();
  assert.equal(events, ['open', 'close']);
});

interface Limit {
  readonly shop: string;
  readonly amount: number;
}
const limits = new MapStateDescriptor<string, number>('limits');

class Check extends BroadcastProcessFunction<Limit, Limit, string> {
  processElement({ shop, amount }: Limit, ctx: ReadOnlyBroadcastContext, out: Collector<string>): void {
    const limit = ctx.getBroadcastState(limits).get(shop);
    out.collect(`${shop} ${amount} ${limit === undefined ? 'any' : amount > limit ? 'refused' : 'ok'}`);
  }
  processBroadcastElement({ shop, amount }: Limit, ctx: BroadcastContext): void {
    if (amount < 0) ctx.getBroadcastState(limits).remove(shop);
    else ctx.getBroadcastState(limits).put(shop, amount);
  }
}

test('§6 broadcastProcessHarness: the broadcast side writes, the other one reads', () => {
  const harness = broadcastProcessHarness(new Check(), [limits]);
  harness.processElement1({ shop: 'x', amount: 9 }, 1);
  harness.processElement2({ shop: 'x', amount: 5 }, 2);
  harness.processElement1({ shop: 'x', amount: 9 }, 3);
  harness.processElement1({ shop: 'y', amount: 9 }, 4);
  assert.equal(harness.output, [
    { value: 'x 9 any', timestamp: 1 },
    { value: 'x 9 refused', timestamp: 3 },
    { value: 'y 9 any', timestamp: 4 },
  ]);
  assert.equal([...harness.broadcastState(limits).entries()], [['x', 5]]);
  harness.processElement2({ shop: 'x', amount: -1 });
  assert.equal([...harness.broadcastState(limits).entries()], []);
});

test('§6 broadcastProcessHarness: state survives a restore, and can be prepared', () => {
  const before = broadcastProcessHarness(new Check(), [limits]);
  before.processElement2({ shop: 'x', amount: 5 });
  const after = broadcastProcessHarness(new Check(), [limits], { restore: before.snapshot() });
  after.broadcastState(limits).put('y', 1);
  after.processElement1({ shop: 'x', amount: 5 });
  after.processElement1({ shop: 'y', amount: 5 });
  assert.equal(after.values, ['x 5 ok', 'y 5 refused']);
});

test('broadcastProcessHarness: a state whose descriptor was not given does not exist', () => {
  const harness = broadcastProcessHarness(new Check(), []);
  assert.throws(
    () => harness.processElement1({ shop: 'x', amount: 1 }),
    "The requested state 'limits' does not exist.",
  );
});

interface Sale {
  readonly user: string;
  readonly amount: number;
}
const sales = new ListStateDescriptor<number>('sales');
const key = (sale: Sale): string => sale.user;

/** Keeps sales per user; the broadcast side asks for all that reach a limit, timers for what is above the limits known. */
class Watch extends KeyedBroadcastProcessFunction<string, Sale, Limit, string> {
  #sales!: ListState<number>;
  override open(): void {
    this.#sales = this.getRuntimeContext().getListState(sales);
  }
  processElement(sale: Sale, ctx: ReadOnlyKeyedBroadcastContext<string>): void {
    this.#sales.add(sale.amount);
    ctx.timerService.registerEventTimeTimer(100);
    ctx.timerService.registerProcessingTimeTimer(50);
  }
  processBroadcastElement(limit: Limit, ctx: KeyedBroadcastContext<string>, out: Collector<string>): void {
    ctx.getBroadcastState(limits).put(limit.shop, limit.amount);
    ctx.applyToKeyedState(sales, (user, state) => {
      const above = [...state.get()].filter(amount => amount > limit.amount);
      if (above.length > 0) out.collect(`${user} ${above.join('+')}`);
    });
  }
  override onTimer(time: number, ctx: KeyedBroadcastOnTimerContext<string>, out: Collector<string>): void {
    const known = [...ctx.getBroadcastState(limits).entries()].map(([shop]) => shop);
    out.collect(
      `${ctx.timeDomain} ${time} ${ctx.currentKey} ${[...this.#sales.get()].join('+')} ${known.join()}`,
    );
  }
}

test('§6 keyedBroadcastProcessHarness: the broadcast side visits every key and has none', () => {
  const harness = keyedBroadcastProcessHarness(new Watch(), [limits], { key });
  harness.processElement1({ user: 'ann', amount: 1 }, 1);
  harness.processElement1({ user: 'bob', amount: 7 }, 2);
  harness.processElement1({ user: 'ann', amount: 8 }, 3);
  harness.processElement2({ shop: 'x', amount: 5 }, 4);
  assert.equal(harness.output, [
    { value: 'ann 8', timestamp: 4 },
    { value: 'bob 7', timestamp: 4 },
  ]);
  assert.is(harness.numKeys, 2);
  assert.equal([...harness.stateOf('ann').getListState(sales).get()], [1, 8]);
});

test('§3.7 §6 keyedBroadcastProcessHarness: timers have key, state and broadcast state, also after a restore', () => {
  const before = keyedBroadcastProcessHarness(new Watch(), [limits], { key });
  before.processElement1({ user: 'ann', amount: 1 }, 1);
  before.processElement2({ shop: 'x', amount: 5 });
  const after = keyedBroadcastProcessHarness(new Watch(), [limits], { key, restore: before.snapshot() });
  after.processElement1({ user: 'bob', amount: 2 }, 1);
  after.processWatermark(99);
  after.setProcessingTime(50);
  assert.equal(after.output, []);
  after.setProcessingTime(51);
  after.processWatermark(100);
  assert.equal(after.output, [
    { value: 'PROCESSING_TIME 50 ann 1 x', timestamp: null },
    { value: 'PROCESSING_TIME 50 bob 2 x', timestamp: null },
    { value: 'EVENT_TIME 100 ann 1 x', timestamp: 100 },
    { value: 'EVENT_TIME 100 bob 2 x', timestamp: 100 },
  ]);
});

test.run();
