/** Window join and coGroup (datastream-semantics §5). */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import fc from 'fast-check';
import {
  CountEvictor,
  DeltaEvictor,
  EventTimeSessionWindows,
  EventTimeTrigger,
  TumblingEventTimeWindows,
} from '../../compiler/lang/index.js';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../plugins/api/types.js';
import type { TimeWindow, WindowAssigner } from '../../plugins/api/windowing.js';
import {
  CoGroupOperator,
  type CoGroupFunctionSpec,
  type CoGroupSpec,
} from '../../runtime/operators/index.js';
import { jsonState, OperatorHarness, stringKey, type HarnessOptions } from '../windows/operator-harness.js';

type Spec = CoGroupSpec<number, string, TimeWindow, string>;
const tumbling: WindowAssigner<unknown, TimeWindow> = TumblingEventTimeWindows.of(10);

const coGroup: CoGroupFunctionSpec<number, string, string> = {
  kind: 'coGroup',
  function: (first, second, out) => out.collect(`${[...first].join(' ')}|${[...second].join(' ')}`),
};
const join: CoGroupFunctionSpec<number, string, string> = { kind: 'join', function: (a, b) => `${a}${b}` };

class Fixture {
  harness: OperatorHarness;
  operator: CoGroupOperator<string, number, string, TimeWindow, string>;
  readonly #spec: Partial<Spec>;
  readonly #out: string[] = [];
  #watermark = MIN_TIMESTAMP;

  constructor(spec: Partial<Spec>, harness: HarnessOptions = {}) {
    this.#spec = spec;
    this.harness = new OperatorHarness(harness);
    this.operator = this.#open();
  }
  first(value: number, timestamp: number, key = 'k'): readonly string[] {
    this.operator.processElement1(value, timestamp, key);
    return this.take();
  }
  second(value: string, timestamp: number, key = 'k'): readonly string[] {
    this.operator.processElement2(value, timestamp, key);
    return this.take();
  }
  watermark(watermark: number): readonly string[] {
    this.#watermark = watermark;
    this.operator.advanceWatermark(watermark);
    return this.take();
  }
  restart(): void {
    this.harness = new OperatorHarness({ restored: this.harness.snapshot() });
    this.operator = this.#open();
    this.operator.advanceWatermark(this.#watermark);
  }
  take(): readonly string[] {
    return this.#out.splice(0);
  }
  #open(): CoGroupOperator<string, number, string, TimeWindow, string> {
    const operator = new CoGroupOperator<string, number, string, TimeWindow, string>(
      this.harness.ctx,
      {
        key: stringKey,
        assigner: tumbling,
        trigger: null,
        evictor: null,
        allowedLateness: 0,
        first: jsonState('first'),
        second: jsonState('second'),
        function: coGroup,
        states: {},
        ...this.#spec,
      },
      (value, timestamp) => this.#out.push(`${value}@${timestamp}`),
      () => {},
    );
    operator.open();
    return operator;
  }
}

test('§5 coGroup gets both lists, in order of arrival; either may be empty', () => {
  const f = new Fixture({});
  f.first(1, 1);
  f.second('a', 2);
  f.first(2, 3);
  f.first(3, 11);
  f.second('b', 21);
  assert.equal(f.watermark(MAX_TIMESTAMP), ['1 2|a@9', '3|@19', '|b@29']);
});
test('§5 window join: the cross product of both lists, with the end of the window as timestamp', () => {
  const f = new Fixture({ function: join });
  f.first(1, 1);
  f.first(2, 2);
  f.second('a', 3);
  f.second('b', 4);
  f.first(3, 11);
  assert.equal(f.watermark(9), ['1a@9', '1b@9', '2a@9', '2b@9']);
  assert.equal(f.watermark(MAX_TIMESTAMP), [], 'inner: no partner, no result');
});
test('§5 §4.2 the late rules of windows apply to joins', () => {
  const f = new Fixture({ function: join, allowedLateness: 5 });
  f.first(1, 1);
  f.second('a', 1);
  assert.equal(f.watermark(9), ['1a@9']);
  assert.equal(f.second('b', 2), ['1a@9', '1b@9'], 'within the lateness: all again');
  f.watermark(14);
  assert.equal(f.second('c', 3), []);
  assert.is(f.harness.count('numLateRecordsDropped'), 1);
});
test('§5 keys do not meet', () => {
  const f = new Fixture({ function: join });
  f.first(1, 1, 'x');
  f.second('a', 1, 'y');
  assert.equal(f.watermark(9), []);
});
test('§5 §4.5 an evictor sees the union of both inputs', () => {
  const f = new Fixture({ evictor: CountEvictor.of(2) });
  f.first(1, 1);
  f.first(2, 1);
  f.second('a', 1);
  assert.equal(f.watermark(9), ['2|a@9']);
});
test('§5 §4.4 a trigger sees the records themselves', () => {
  const seen: unknown[] = [];
  class Spy extends EventTimeTrigger {
    override onElement(
      ...args: Parameters<EventTimeTrigger['onElement']>
    ): ReturnType<EventTimeTrigger['onElement']> {
      seen.push(args[0]);
      return super.onElement(...args);
    }
  }
  const f = new Fixture({ trigger: new Spy() });
  f.first(1, 1);
  f.second('a', 1);
  assert.equal(seen, [1, 'a']);
  assert.equal(f.watermark(9), ['1|a@9']);
});
test('§5 §4.5 an evictor decides by the records themselves', () => {
  const evictor = DeltaEvictor.of(2, (a: number | string, last: number | string) =>
    Math.abs(Number(a) - Number(last)),
  );
  const f = new Fixture({ evictor });
  f.first(1, 1);
  f.first(4, 1);
  f.second('5', 1);
  assert.equal(f.watermark(9), ['4|5@9']);
});
test('§5 §4.6 coGroup over sessions, gap by record', () => {
  const f = new Fixture({
    assigner: EventTimeSessionWindows.withDynamicGap((e: number | string) =>
      typeof e === 'number' ? 10 : 2,
    ),
  });
  f.first(1, 0);
  f.second('a', 9);
  f.second('b', 12);
  assert.equal(f.watermark(MAX_TIMESTAMP), ['1|a@10', '|b@13']);
});
test('§3.12 BATCH coGroup: everything of a key at its end', () => {
  const f = new Fixture({}, { batchMode: true });
  f.second('a', 11, 'x');
  f.first(1, 1, 'x');
  f.operator.onKeyEnd();
  assert.equal(f.take(), ['1|@9', '|a@19']);
});
test('§5 lifecycle of a rich function', () => {
  const log: string[] = [];
  const f = new Fixture({
    function: {
      kind: 'join',
      function: { open: () => log.push('open'), close: () => log.push('close'), join: (a, b) => `${a}${b}` },
    },
  });
  f.operator.close();
  assert.equal(log, ['open', 'close']);
});

const element = fc.record({
  first: fc.boolean(),
  timestamp: fc.nat(30),
  key: fc.constantFrom('a', 'b'),
  cut: fc.boolean(),
});
test('§3.9 §9 coGroup: restored between any two elements equals undisturbed', () => {
  fc.assert(
    fc.property(fc.array(element, { maxLength: 25 }), elements => {
      const run = (cuts: boolean): readonly string[] => {
        const f = new Fixture({ allowedLateness: 4 });
        const out: string[] = [];
        for (const [i, e] of elements.entries()) {
          if (i % 5 === 4) out.push(...f.watermark(i * 2).toSorted());
          if (cuts && e.cut) f.restart();
          out.push(...(e.first ? f.first(i, e.timestamp, e.key) : f.second(`s${i}`, e.timestamp, e.key)));
        }
        return [...out, ...f.watermark(MAX_TIMESTAMP).toSorted()];
      };
      assert.equal(run(true), run(false));
    }),
    { numRuns: 100 },
  );
});

test.run();
