import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type {
  BroadcastContext,
  Collector,
  DescriptorOf,
  KeyedBroadcastContext,
  KeyedBroadcastOnTimerContext,
  ReadOnlyBroadcastContext,
  ReadOnlyKeyedBroadcastContext,
  RuntimeContext,
} from '../../plugins/api/functions.js';
import type { MapState, ValueState } from '../../plugins/api/state.js';
import { MAX_TIMESTAMP } from '../../plugins/api/types.js';
import {
  BroadcastProcessOperator,
  CoFlatMapOperator,
  CoMapOperator,
  CoProcessOperator,
  KeyedBroadcastProcessOperator,
  KeyedCoProcessOperator,
} from '../../runtime/operators/index.js';
import { Collected, keyType, specs, stateSpec, TestOperatorContext } from './harness.js';
import { assertRestorable } from './restorable.js';

const seen: DescriptorOf<'value', ValueState<number>> = { stateKind: 'value', name: 'seen' };
const rules: DescriptorOf<'map', MapState<string, number>> = { stateKind: 'map', name: 'rules' };
const seenSpec = specs(stateSpec('seen', 'value'));
const rulesSpec = specs(stateSpec('rules', 'broadcast', 'float64', 'string'));

test('§2.6 connected map and flatMap keep the timestamp of their input', () => {
  const out = new Collected();
  const map = new CoMapOperator<never, number, string, string>(
    new TestOperatorContext(),
    { key: null, fn: { map1: n => `number ${n}`, map2: s => `text ${s}` }, states: {} },
    out.emit,
    out.side,
  );
  map.open();
  map.processElement1(1, 10);
  map.processElement2('a', 20);
  assert.equal(out.take(), ['number 1@10', 'text a@20']);
  const flatMap = new CoFlatMapOperator<never, number, string, string>(
    new TestOperatorContext(),
    {
      key: null,
      fn: {
        flatMap1: (n, collector) => {
          for (let i = 0; i < n; i++) collector.collect(`n${i}`);
        },
        flatMap2: text => text.split(' '),
      },
      states: {},
    },
    out.emit,
    out.side,
  );
  flatMap.open();
  flatMap.processElement1(2, 10);
  flatMap.processElement2('a b', 20);
  assert.equal(out.take(), ['n0@10', 'n1@10', 'a@20', 'b@20']);
});

/** Both inputs count into one state. */
class SharedCount {
  protected seen!: ValueState<number>;
  #context!: RuntimeContext;
  setRuntimeContext(context: RuntimeContext): void {
    this.#context = context;
  }
  open(): void {
    this.seen = this.#context.getState(seen);
  }
  protected next(): number {
    const count = (this.seen.value() ?? 0) + 1;
    this.seen.update(count);
    return count;
  }
}

test('§5 connected keyed streams share the state of a key; snapshot between any two records', () => {
  class CountBoth extends SharedCount {
    map1(value: number): string {
      return `${value}:${this.next()}`;
    }
    map2(value: string): string {
      return `${value}:${this.next()}`;
    }
  }
  const out = new Collected();
  const create = (
    context: TestOperatorContext,
    collected: Collected,
  ): CoMapOperator<string, number, string, string> =>
    new CoMapOperator(
      context,
      { key: keyType('string'), fn: new CountBoth(), states: seenSpec },
      collected.emit,
      collected.side,
    );
  const operator = create(new TestOperatorContext(), out);
  operator.open();
  operator.processElement1(7, 0, 'a');
  operator.processElement2('x', 0, 'a');
  operator.processElement2('y', 0, 'b');
  assert.equal(out.take(), ['7:1@0', 'x:2@0', 'y:1@0']);
  assertRestorable({
    create,
    steps: [
      o => o.processElement1(7, 0, 'a'),
      o => o.processElement2('x', 0, 'a'),
      o => o.processElement2('y', 0, 'b'),
      o => o.processElement1(8, 0, 'b'),
    ],
  });
});

test('§3.1 a co-process function without keys has clocks but no timers', () => {
  const out = new Collected();
  const operator = new CoProcessOperator<number, number, string>(
    new TestOperatorContext(),
    {
      fn: {
        processElement1: (value, ctx, collector) =>
          collector.collect(`${value} ${ctx.timestamp()} ${ctx.timerService.currentWatermark()}`),
        processElement2: (_value, ctx) => ctx.timerService.registerEventTimeTimer(1),
      },
      states: {},
    },
    out.emit,
    out.side,
  );
  operator.open();
  operator.advanceWatermark(3);
  operator.processElement1(1, 5);
  assert.equal(out.take(), ['1 5 3@5']);
  assert.throws(() => operator.processElement2(1, 5), 'Setting timers is only supported on a keyed streams.');
});

test('§3.9 keyed co-process: shared state and timers; snapshot between any two events', () => {
  class Joined extends SharedCount {
    processElement1(value: number, ctx: { timerService: { registerEventTimeTimer(t: number): void } }): void {
      this.seen.update((this.seen.value() ?? 0) + value);
      ctx.timerService.registerEventTimeTimer(10);
    }
    processElement2(value: string, _ctx: unknown, out: Collector<string>): void {
      out.collect(`${value} ${this.seen.value()}`);
    }
    onTimer(timestamp: number, ctx: { currentKey: string }, out: Collector<string>): void {
      out.collect(`timer ${ctx.currentKey} ${timestamp} ${this.seen.value()}`);
    }
  }
  const lines: string[][] = [];
  assertRestorable<KeyedCoProcessOperator<string, number, string, string>>({
    create(context, out) {
      lines.push(out.lines);
      return new KeyedCoProcessOperator(
        context,
        { key: keyType('string'), fn: new Joined(), states: seenSpec },
        out.emit,
        out.side,
      );
    },
    steps: [
      o => o.processElement1(1, 1, 'a'),
      o => o.processElement2('q', 2, 'a'),
      o => o.processElement1(2, 3, 'a'),
      o => o.processElement1(5, 3, 'b'),
      o => o.advanceWatermark(10),
      o => o.processElement2('r', 12, 'b'),
    ],
  });
  assert.equal(lines[0], ['q 1@2', 'timer a 10 3@10', 'timer b 10 5@10', 'r 5@12']);
});

class Rules {
  processElement(value: string, ctx: ReadOnlyBroadcastContext, out: Collector<string>): void {
    out.collect(`${value} ${ctx.getBroadcastState(rules).get(value) ?? 'none'}`);
  }
  processBroadcastElement(value: [string, number], ctx: BroadcastContext): void {
    ctx.getBroadcastState(rules).put(value[0], value[1]);
  }
}
function broadcasting(context: TestOperatorContext, out: Collected) {
  return new BroadcastProcessOperator<string, [string, number], string>(
    context,
    { fn: new Rules(), broadcastStates: rulesSpec, states: {} },
    out.emit,
    out.side,
  );
}

test('§6 broadcast state: one side writes, the other reads; snapshot between any two records', () => {
  assertRestorable({
    create: broadcasting,
    steps: [
      o => o.processElement1('a', 1),
      o => o.processElement2(['a', 10], 2),
      o => o.processElement1('a', 3),
      o => o.processElement2(['a', 11], 4),
      o => o.processElement1('a', 5),
    ],
  });
});

test('§6 the stream side cannot write broadcast state, not even in plain JavaScript', () => {
  const methods: unknown[] = [];
  const operator = new BroadcastProcessOperator<string, string, string>(
    new TestOperatorContext(),
    {
      fn: {
        processElement(_value, ctx) {
          const state = ctx.getBroadcastState(rules) as unknown as Record<string, unknown>;
          methods.push(state['put'], state['remove'], state['clear'], state['putAll']);
        },
        processBroadcastElement() {},
      },
      broadcastStates: rulesSpec,
      states: {},
    },
    () => {},
    () => {},
  );
  operator.open();
  operator.processElement1('a', 1);
  assert.equal(methods, [undefined, undefined, undefined, undefined]);
});

test('§6 a descriptor that was not broadcast is an error', () => {
  const operator = new BroadcastProcessOperator<string, string, string>(
    new TestOperatorContext(),
    {
      fn: {
        processElement: (_value, ctx) => void ctx.getBroadcastState({ stateKind: 'map', name: 'other' }),
        processBroadcastElement() {},
      },
      broadcastStates: rulesSpec,
      states: {},
    },
    () => {},
    () => {},
  );
  operator.open();
  assert.throws(
    () => operator.processElement1('a', 1),
    (e: { code?: string }) => e.code === 'FC5202',
  );
});

class KeyedRules extends SharedCount {
  processElement(value: string, ctx: ReadOnlyKeyedBroadcastContext<string>, out: Collector<string>): void {
    const limit = ctx.getBroadcastState(rules).get('limit') ?? Infinity;
    if (this.next() > limit) out.collect(`${ctx.currentKey} ${value} over ${limit}`);
    ctx.timerService.registerEventTimeTimer(100);
  }
  processBroadcastElement(
    value: [string, number],
    ctx: KeyedBroadcastContext<string>,
    out: Collector<string>,
  ): void {
    if (value[0] === 'read') {
      this.seen.value();
    } else if (value[0] === 'timer') {
      ctx.timerService.registerEventTimeTimer(1);
    } else {
      ctx.getBroadcastState(rules).put(value[0], value[1]);
      ctx.applyToKeyedState(seen, (key, state) => {
        if (state.value()! > value[1]) out.collect(`${key} was over ${value[1]}`);
      });
    }
  }
  onTimer(_timestamp: number, ctx: KeyedBroadcastOnTimerContext<string>, out: Collector<string>): void {
    out.collect(`${ctx.currentKey} ${ctx.timeDomain} ${ctx.getBroadcastState(rules).get('limit') ?? 'none'}`);
  }
}
type KeyedBroadcast = KeyedBroadcastProcessOperator<string, string, [string, number], string>;
function keyedBroadcasting(context: TestOperatorContext, out: Collected): KeyedBroadcast {
  return new KeyedBroadcastProcessOperator(
    context,
    { key: keyType('string'), fn: new KeyedRules(), broadcastStates: rulesSpec, states: seenSpec },
    out.emit,
    out.side,
  );
}

test('§6 keyed broadcast: applyToKeyedState visits all keys of the instance; timers read broadcast state', () => {
  const out = new Collected();
  const operator = keyedBroadcasting(new TestOperatorContext(), out);
  operator.open();
  operator.processElement1('x', 1, 'a');
  operator.processElement1('x', 1, 'a');
  operator.processElement1('x', 1, 'b');
  operator.processElement2(['limit', 1], 2);
  operator.processElement1('y', 3, 'b');
  operator.advanceWatermark(MAX_TIMESTAMP);
  assert.equal(out.take(), ['a was over 1@2', 'b y over 1@3', 'a EVENT_TIME 1@100', 'b EVENT_TIME 1@100']);
});

test('§6 on the broadcast side there is no current key and there are no timers', () => {
  const operator = keyedBroadcasting(new TestOperatorContext(), new Collected());
  operator.open();
  operator.processElement1('x', 1, 'a');
  assert.throws(
    () => operator.processElement2(['read', 0], 1),
    (e: { code?: string }) => e.code === 'FC5101',
  );
  assert.throws(
    () => operator.processElement2(['timer', 0], 1),
    (e: { code?: string }) => e.code === 'FC5201',
  );
});

test('§6 keyed broadcast: snapshot between any two events', () => {
  assertRestorable<KeyedBroadcast>({
    create: keyedBroadcasting,
    steps: [
      o => o.processElement1('x', 1, 'a'),
      o => o.processElement1('x', 1, 'a'),
      o => o.processElement2(['limit', 1], 2),
      o => o.processElement1('x', 1, 'b'),
      o => o.processElement1('y', 3, 'b'),
      o => o.advanceWatermark(MAX_TIMESTAMP),
    ],
  });
});

test.run();
