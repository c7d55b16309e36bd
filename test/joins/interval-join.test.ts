/** Interval join (datastream-semantics §5). */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import fc from 'fast-check';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../plugins/api/types.js';
import { RuntimeFault } from '../../runtime/contract/fault.js';
import { IntervalJoinOperator, type IntervalJoinSpec } from '../../runtime/operators/index.js';
import { jsonState, OperatorHarness, stringKey, type HarnessOptions } from '../windows/operator-harness.js';

type Options = Partial<IntervalJoinSpec<number, number, string>>;

class Join {
  harness: OperatorHarness;
  operator: IntervalJoinOperator<string, number, number, string>;
  readonly #options: Options;
  readonly #out: string[] = [];
  #watermark = MIN_TIMESTAMP;

  constructor(options: Options = {}, harness: HarnessOptions = {}) {
    this.#options = options;
    this.harness = new OperatorHarness(harness);
    this.operator = this.#open();
  }
  left(timestamp: number, key = 'k'): readonly string[] {
    this.operator.processElement1(timestamp, timestamp, key);
    return this.take();
  }
  right(timestamp: number, key = 'k'): readonly string[] {
    this.operator.processElement2(timestamp, timestamp, key);
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
  /** Buffered timestamps of a side. */
  buffered(side: 'left' | 'right'): number {
    return this.harness.snapshot().keyed.get(side)?.keyGroups.size ?? 0;
  }
  #open(): IntervalJoinOperator<string, number, number, string> {
    const operator = new IntervalJoinOperator<string, number, number, string>(
      this.harness.ctx,
      {
        key: stringKey,
        lower: -2,
        upper: 3,
        lowerExclusive: false,
        upperExclusive: false,
        leftLateTag: null,
        rightLateTag: null,
        function: (l, r, _, out) => out.collect(`${l}-${r}`),
        left: jsonState('left'),
        right: jsonState('right'),
        states: {},
        ...this.#options,
      },
      (value, timestamp) => this.#out.push(`${value}@${timestamp}`),
      (tag, value, timestamp) => this.#out.push(`${tag}:${String(value)}@${timestamp}`),
    );
    operator.open();
    return operator;
  }
}

function partners(options: Options): readonly number[] {
  const join = new Join(options);
  join.left(10);
  const matched: number[] = [];
  for (let r = 5; r <= 15; r++) if (join.right(r).length > 0) matched.push(r);
  return matched;
}

test('§5 interval join: l + lower ≤ r ≤ l + upper, bounds inclusive', () => {
  assert.equal(partners({}), [8, 9, 10, 11, 12, 13]);
});
test('§5 interval join: exclusive bounds', () => {
  assert.equal(partners({ lowerExclusive: true }), [9, 10, 11, 12, 13]);
  assert.equal(partners({ upperExclusive: true }), [8, 9, 10, 11, 12]);
  assert.equal(partners({ lower: 0, upper: 0 }), [10]);
  assert.equal(partners({ lower: 2, upper: 3 }), [12, 13]);
  assert.equal(partners({ lower: -3, upper: -2 }), [7, 8]);
});
test('§5 interval join: an empty interval is refused', () => {
  assert.throws(
    () => new Join({ lower: 1, upper: 0 }),
    (e: unknown) => e instanceof RuntimeFault && e.code === 'FC5257',
  );
  assert.throws(() => new Join({ lower: 0, upper: 1, lowerExclusive: true, upperExclusive: true }));
});
test('§5 interval join: the result has the larger timestamp, and the context both', () => {
  const join = new Join({
    function: {
      processElement(_l, _r, ctx, out) {
        ctx.output({ id: 'side' }, 'x');
        out.collect(`${ctx.leftTimestamp}/${ctx.rightTimestamp}/${ctx.timestamp}`);
      },
    },
  });
  join.left(10);
  assert.equal(join.right(8), ['side:x@10', '10/8/10@10']);
  assert.equal(join.right(12), ['side:x@12', '10/12/12@12']);
  assert.equal(join.left(11).toSorted(), ['11/12/12@12', 'side:x@12']);
});
test('§5 interval join: each pair once, keys apart, equal timestamps all', () => {
  const join = new Join();
  join.left(10);
  join.left(10);
  join.left(10, 'other');
  assert.equal(join.right(10), ['10-10@10', '10-10@10']);
  assert.equal(join.left(10), ['10-10@10']);
});
test('§5 interval join: a record with ts < wm is late; ts = wm is accepted', () => {
  const silent = new Join();
  silent.left(10);
  silent.watermark(10);
  assert.equal(silent.right(9), []);
  assert.equal(silent.right(10), ['10-10@10']);
  const tagged = new Join({ leftLateTag: 'lateLeft', rightLateTag: 'lateRight' });
  tagged.watermark(10);
  assert.equal(tagged.left(9), ['lateLeft:9@9']);
  assert.equal(tagged.right(9), ['lateRight:9@9']);
  assert.equal(tagged.left(10), []);
});
test('§5 interval join: a record without a timestamp is an error', () => {
  const join = new Join();
  const fault = (e: unknown): boolean => e instanceof RuntimeFault && e.code === 'FC5256';
  assert.throws(() => join.left(MIN_TIMESTAMP), fault);
  assert.throws(() => join.right(MIN_TIMESTAMP), fault);
});
for (const [lower, upper] of [
  [-2, 3],
  [2, 3],
  [-3, -2],
  [0, 0],
] as const) {
  test(`§5 interval join between ${lower} and ${upper}: left leaves at l + max(upper, 0), right at r + max(−lower, 0)`, () => {
    const join = new Join({ lower, upper });
    join.left(10);
    join.right(100);
    join.watermark(10 + Math.max(upper, 0) - 1);
    assert.is(join.buffered('left'), 1);
    join.watermark(10 + Math.max(upper, 0));
    assert.is(join.buffered('left'), 0);
    join.watermark(100 + Math.max(-lower, 0) - 1);
    assert.is(join.buffered('right'), 1);
    join.watermark(100 + Math.max(-lower, 0));
    assert.is(join.buffered('right'), 0);
  });
}
test('§13.1 §5 interval join: nothing is left at the end of time', () => {
  const join = new Join();
  join.left(10);
  join.right(1e12);
  join.watermark(MAX_TIMESTAMP);
  assert.is(join.buffered('left') + join.buffered('right'), 0);
});
test('§3.12 BATCH interval join: the same pairs, and nothing of a key is left', () => {
  const join = new Join({}, { batchMode: true });
  join.right(11, 'a');
  assert.equal(join.left(10, 'a'), ['10-11@11']);
  join.operator.onKeyEnd();
  assert.equal(join.right(10, 'b'), []);
});

const element = fc.record({
  side: fc.constantFrom('left' as const, 'right' as const),
  timestamp: fc.nat(40),
  key: fc.constantFrom('a', 'b'),
  cut: fc.boolean(),
});
test('§5 interval join without watermarks equals the filtered cross product', () => {
  fc.assert(
    fc.property(fc.array(element, { maxLength: 25 }), elements => {
      const join = new Join();
      const actual = elements.flatMap(e => join[e.side](e.timestamp, e.key));
      const expected: string[] = [];
      for (const l of elements) {
        for (const r of elements) {
          if (l.side !== 'left' || r.side !== 'right' || l.key !== r.key) continue;
          const distance = r.timestamp - l.timestamp;
          if (distance >= -2 && distance <= 3) {
            expected.push(`${l.timestamp}-${r.timestamp}@${Math.max(l.timestamp, r.timestamp)}`);
          }
        }
      }
      assert.equal(actual.toSorted(), expected.toSorted());
    }),
    { numRuns: 100 },
  );
});
test('§3.9 §9 interval join: restored between any two elements equals undisturbed', () => {
  fc.assert(
    fc.property(fc.array(element, { maxLength: 25 }), elements => {
      const run = (cuts: boolean): readonly string[] => {
        const join = new Join({ leftLateTag: 'late' });
        const out: string[] = [];
        for (const [i, e] of elements.entries()) {
          if (i % 5 === 4) out.push(...join.watermark(i * 2));
          if (cuts && e.cut) join.restart();
          out.push(...join[e.side](e.timestamp, e.key).toSorted());
        }
        return [...out, `${join.buffered('left')} ${join.buffered('right')}`];
      };
      assert.equal(run(true), run(false));
    }),
    { numRuns: 100 },
  );
});

test.run();
