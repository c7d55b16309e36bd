import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { DescriptorOf } from '../../plugins/api/functions.js';
import type {
  AggregatingState,
  ListState,
  MapState,
  ReducingState,
  ValueState,
} from '../../plugins/api/state.js';
import type { KeyedStateBackend } from '../../runtime/contract/state.js';
import { keyType, specs, stateSpec, TestOperatorContext } from '../operators/harness.js';

const states = specs(
  stateSpec('value', 'value'),
  stateSpec('list', 'list'),
  stateSpec('map', 'map', 'float64', 'string'),
  stateSpec('reducing', 'reducing'),
  stateSpec('aggregating', 'aggregating'),
);

test('§7.1 descriptors open every kind of state, with the options they carry', () => {
  const context = new TestOperatorContext();
  const keyed = context.keyedState<string>(keyType('string'));
  const runtime = context.runtimeContext(states, keyed as KeyedStateBackend<unknown>);
  const value: DescriptorOf<'value', ValueState<number>> = {
    stateKind: 'value',
    name: 'value',
    defaultValue: 3,
  };
  const list: DescriptorOf<'list', ListState<number>> = { stateKind: 'list', name: 'list' };
  const map: DescriptorOf<'map', MapState<string, number>> = { stateKind: 'map', name: 'map' };
  const reducing: DescriptorOf<'reducing', ReducingState<number>> = {
    stateKind: 'reducing',
    name: 'reducing',
    reduceFunction: { reduce: (a: number, b: number) => a + b },
  };
  const aggregating: DescriptorOf<'aggregating', AggregatingState<number, string>> = {
    stateKind: 'aggregating',
    name: 'aggregating',
    aggregateFunction: {
      createAccumulator: () => 0,
      add: (v: number, acc: number) => acc + v,
      getResult: (acc: number) => `sum ${acc}`,
      merge: (a: number, b: number) => a + b,
    },
  };
  keyed.setCurrentKey('a');
  assert.is(runtime.getState(value).value(), 3);
  runtime.getListState(list).add(1);
  assert.equal([...runtime.getListState(list).get()], [1]);
  runtime.getMapState(map).put('x', 1);
  assert.is(runtime.getMapState(map).get('x'), 1);
  for (const n of [1, 2]) {
    runtime.getReducingState(reducing).add(n);
    runtime.getAggregatingState(aggregating).add(n);
  }
  assert.is(runtime.getReducingState(reducing).get(), 3);
  assert.is(runtime.getAggregatingState(aggregating).get(), 'sum 3');
});

test('a reducing state without a function is an error that says so', () => {
  const context = new TestOperatorContext();
  const runtime = context.runtimeContext(states, context.keyedState(keyType('string')));
  assert.throws(
    () => runtime.getReducingState({ stateKind: 'reducing', name: 'reducing' }),
    (error: { code?: string }) => error.code === 'FC5112',
  );
});

test('accumulators: one per name and subtask', () => {
  const context = new TestOperatorContext();
  const runtime = context.runtimeContext({}, null);
  runtime.getIntCounter('records').add(2);
  runtime.getIntCounter('records').add(3);
  assert.is(context.accumulators.get('records')!.localValue, 5);
  assert.is(runtime.getAccumulator('records'), context.accumulators.get('records'));
  runtime.getIntCounter('records').merge(10);
  assert.is(runtime.getAccumulator('records')!.localValue, 15);
  assert.throws(
    () => runtime.addAccumulator('records', runtime.getIntCounter('records') as never),
    (error: { code?: string }) => error.code === 'FC5111',
  );
});

test.run();
