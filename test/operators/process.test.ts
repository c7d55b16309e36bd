import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { RuntimeFault } from '../../runtime/contract/fault.js';
import type { OperatorFailure } from '../../runtime/contract/operator-failure.js';
import type {
  CheckpointedFunctionLike,
  Collector,
  DescriptorOf,
  FunctionInitializationContext,
  KeyedProcessContext,
  OnTimerContext,
  ProcessContext,
  RuntimeContext,
} from '../../plugins/api/functions.js';
import type { ListState, ValueState } from '../../plugins/api/state.js';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../plugins/api/types.js';
import { KeyedProcessOperator, ProcessOperator } from '../../runtime/operators/index.js';
import { assertRestorable } from './restorable.js';
import {
  Collected,
  keyType,
  specs,
  stateSpec,
  TestOperatorContext,
  type TestContextOptions,
} from './harness.js';

const count: DescriptorOf<'value', ValueState<number>> = { stateKind: 'value', name: 'count' };
const tag = { id: 'side' };

test('§3.1 timers on a stream that is not keyed are an error', () => {
  const messages: string[] = [];
  const out = new Collected();
  const operator = new ProcessOperator<number, number>(
    new TestOperatorContext(),
    {
      fn: (value, ctx) => {
        try {
          if (value === 0) ctx.timerService.registerEventTimeTimer(1);
          else if (value === 1) ctx.timerService.registerProcessingTimeTimer(1);
          else if (value === 2) ctx.timerService.deleteEventTimeTimer(1);
          else ctx.timerService.deleteProcessingTimeTimer(1);
        } catch (error) {
          messages.push((error as Error).message);
        }
      },
      states: {},
    },
    out.emit,
    out.side,
  );
  operator.open();
  for (let i = 0; i < 4; i++) operator.processElement(i, 0);
  assert.equal(messages, [
    'Setting timers is only supported on a keyed streams.',
    'Setting timers is only supported on a keyed streams.',
    'Deleting timers is only supported on a keyed streams.',
    'Deleting timers is only supported on a keyed streams.',
  ]);
});

test('§2.6 process keeps the timestamp of the input for outputs and side outputs', () => {
  const out = new Collected();
  const operator = new ProcessOperator<string, string>(
    new TestOperatorContext(),
    {
      fn: {
        processElement(value: string, ctx: ProcessContext, collector: Collector<string>) {
          collector.collect(`${value} ${ctx.timestamp()} ${ctx.timerService.currentWatermark()}`);
          ctx.output(tag, value);
        },
      },
      states: {},
    },
    out.emit,
    out.side,
  );
  operator.open();
  operator.processElement('a', 5);
  operator.advanceWatermark(7);
  operator.processElement('b', MIN_TIMESTAMP);
  assert.equal(out.take(), [`a 5 ${MIN_TIMESTAMP}@5`, 'side:a@5', 'b null 7@none', 'side:b@none']);
});

/** Counts per key; says the count at event time + 10 and at processing time + 10. */
class Counter {
  #count!: ValueState<number>;
  #context!: RuntimeContext;
  readonly calls: string[] = [];
  setRuntimeContext(context: RuntimeContext): void {
    this.#context = context;
  }
  open(): void {
    this.calls.push('open');
    this.#count = this.#context.getState(count);
  }
  close(): void {
    this.calls.push('close');
  }
  processElement(value: string, ctx: KeyedProcessContext<string>, _out: Collector<string>): void {
    this.#count.update((this.#count.value() ?? 0) + 1);
    ctx.timerService.registerEventTimeTimer(ctx.timestamp()! + 10);
    if (value === 'clock')
      ctx.timerService.registerProcessingTimeTimer(ctx.timerService.currentProcessingTime() + 10);
  }
  onTimer(timestamp: number, ctx: OnTimerContext<string>, out: Collector<string>): void {
    assert.is(ctx.timestamp(), timestamp);
    out.collect(`${ctx.currentKey} ${ctx.timeDomain} ${timestamp} ${this.#count.value()}`);
    ctx.output(tag, ctx.currentKey);
  }
}
function counting(options: TestContextOptions = {}) {
  const context = new TestOperatorContext(options);
  const out = new Collected();
  const fn = new Counter();
  const operator = new KeyedProcessOperator<string, string, string>(
    context,
    { key: keyType('string'), fn, states: specs(stateSpec('count', 'value')) },
    out.emit,
    out.side,
  );
  operator.open();
  return { context, out, fn, operator };
}

test('§2.6 §3.7 event-time timers emit with their timestamp, processing-time timers without one', () => {
  const { context, out, operator } = counting();
  operator.processElement('clock', 1, 'a');
  operator.processElement('', 2, 'b');
  operator.processElement('', 3, 'a');
  operator.advanceWatermark(12);
  assert.equal(out.take(), ['a EVENT_TIME 11 2@11', 'side:a@11', 'b EVENT_TIME 12 1@12', 'side:b@12']);
  context.processingTime.advanceTo(11);
  assert.equal(out.take(), ['a PROCESSING_TIME 10 2@none', 'side:a@none']);
  operator.advanceWatermark(MAX_TIMESTAMP);
  assert.equal(out.take(), ['a EVENT_TIME 13 2@13', 'side:a@13']);
});

test('rich functions: open once before the first record, close at the end', () => {
  const { fn, operator } = counting();
  operator.processElement('', 1, 'a');
  operator.close();
  assert.equal(fn.calls, ['open', 'close']);
});

test('a lambda is a keyed process function', () => {
  const out = new Collected();
  const operator = new KeyedProcessOperator<string, number, string>(
    new TestOperatorContext(),
    {
      key: keyType('string'),
      fn: (value, ctx, collector) => collector.collect(`${ctx.currentKey}${value}`),
      states: {},
    },
    out.emit,
    out.side,
  );
  operator.open();
  operator.processElement(1, 5, 'k');
  assert.equal(out.take(), ['k1@5']);
});

test('§7.1 a state that the compiler did not see is an error that names it', () => {
  const fn = new Counter();
  const operator = new KeyedProcessOperator<string, string, string>(
    new TestOperatorContext(),
    { key: keyType('string'), fn, states: {} },
    () => {},
    () => {},
  );
  assert.throws(
    () => operator.open(),
    (error: OperatorFailure) =>
      (error.cause as RuntimeFault).code === 'FC5110' && error.message.includes("'count'"),
  );
});

test('§7.1 keyed state on a stream that is not keyed is an error', () => {
  const fn = new Counter();
  const operator = new ProcessOperator<string, string>(
    new TestOperatorContext(),
    { fn: fn as never, states: specs(stateSpec('count', 'value')) },
    () => {},
    () => {},
  );
  assert.throws(
    () => operator.open(),
    (error: OperatorFailure) => (error.cause as RuntimeFault).code === 'FC5109',
  );
});

test('§3.12 BATCH: timers fire at the end of their key', () => {
  const { out, operator } = counting({ batchMode: true });
  for (const key of ['a', 'b']) {
    operator.processElement('clock', 2, key);
    operator.processElement('', 1, key);
    operator.onKeyEnd();
  }
  assert.equal(
    out.take().filter(line => !line.startsWith('side')),
    [
      'a EVENT_TIME 11 2@11',
      'a EVENT_TIME 12 2@12',
      'a PROCESSING_TIME 10 2@none',
      'b EVENT_TIME 11 2@11',
      'b EVENT_TIME 12 2@12',
      'b PROCESSING_TIME 10 2@none',
    ],
  );
});

/** Emits records in pairs; the one that waits for a partner is operator state. */
class Pairs implements CheckpointedFunctionLike {
  #waiting: string[] = [];
  #state!: ListState<string>;
  initializeState(context: FunctionInitializationContext): void {
    this.#state = context.operatorStateStore.getListState({ stateKind: 'list', name: 'waiting' });
    if (context.isRestored) this.#waiting = [...this.#state.get()];
  }
  snapshotState(): void {
    this.#state.update(this.#waiting);
  }
  processElement(value: string, _ctx: ProcessContext, out: Collector<string>): void {
    this.#waiting.push(value);
    if (this.#waiting.length < 2) return;
    out.collect(this.#waiting.join('+'));
    this.#waiting = [];
  }
}

test('§7.1 a CheckpointedFunction keeps operator state: snapshot between any two records', () => {
  assertRestorable({
    create(context, out) {
      return new ProcessOperator<string, string>(
        context,
        { fn: new Pairs(), states: specs(stateSpec('waiting', 'operatorList', 'string')) },
        out.emit,
        out.side,
      );
    },
    steps: ['a', 'b', 'c', 'd', 'e', 'f'].map(
      value => (operator: ProcessOperator<string, string>) => operator.processElement(value, 1),
    ),
  });
});

test('§3.9 keyed process function: snapshot between any two events, then as if nothing had happened', () => {
  assertRestorable({
    create(context, out) {
      return new KeyedProcessOperator<string, string, string>(
        context,
        { key: keyType('string'), fn: new Counter(), states: specs(stateSpec('count', 'value')) },
        out.emit,
        out.side,
      );
    },
    steps: [
      operator => operator.processElement('clock', 1, 'a'),
      operator => operator.processElement('', 2, 'b'),
      operator => operator.advanceWatermark(11),
      (_operator, context) => context.processingTime.advanceTo(5),
      operator => operator.processElement('clock', 3, 'b'),
      (_operator, context) => context.processingTime.advanceTo(50),
      operator => operator.advanceWatermark(MAX_TIMESTAMP),
    ],
  });
});

test.run();
