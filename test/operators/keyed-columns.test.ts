import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Schema } from '../../plugins/api/schema.js';
import type { MetricGroup, RuntimeContext } from '../../plugins/api/index.js';
import type {
  ByteReader,
  ByteWriter,
  OperatorContext,
  OperatorSnapshot,
  ValueCodec,
} from '../../runtime/contract/index.js';
import { KeyedColumnsOperator, structColumns } from '../../runtime/operators/index.js';
import { backendUnderTest, openStateForTest, type TestState } from './state-for-test.js';

interface Sum {
  readonly n: number;
  readonly ok: boolean;
}
const text: ValueCodec<string> = {
  fingerprint: 'text',
  write: (out: ByteWriter, v) => out.string(v),
  read: (from: ByteReader) => from.string(),
};
const sum: ValueCodec<Sum> = {
  fingerprint: 'sum',
  write(out, v) {
    out.f64(v.n);
    out.u8(v.ok ? 1 : 0);
  },
  read: from => ({ n: from.f64(), ok: from.u8() === 1 }),
};
const sumSchema: Schema = {
  kind: 'struct',
  fields: [
    { name: 'n', schema: { kind: 'float64' }, optional: false },
    { name: 'ok', schema: { kind: 'bool' }, optional: false },
  ],
};
const clock = { now: () => 0, schedule: () => 0, cancel: () => undefined };

function open(
  restore: readonly OperatorSnapshot[] | null,
  subtask: number,
  parallelism: number,
): { readonly op: KeyedColumnsOperator<string, Sum>; readonly state: TestState; readonly out: Sum[] } {
  const spec = { uid: 'u', uidHash: '0'.repeat(32), name: 'sum', origin: '' };
  const state = openStateForTest({
    operator: spec,
    subtask,
    parallelism,
    maxParallelism: 128,
    processingTime: clock,
    batchMode: false,
    restore,
  });
  const ctx: OperatorContext = {
    spec,
    index: 0,
    subtask,
    parallelism,
    maxParallelism: 128,
    params: { get: () => '', getOptional: () => undefined, all: {} },
    metricGroup: {} as MetricGroup,
    processingTime: clock,
    batchMode: false,
    keyedState: key => state.keyed(key),
    operatorState: state.operator,
    runtimeContext: () => ({}) as RuntimeContext,
    addCheckpointListener: () => undefined,
    enqueue: () => undefined,
    track: () => undefined,
  };
  const out: Sum[] = [];
  const op = new KeyedColumnsOperator<string, Sum>(
    ctx,
    {
      key: { schema: { kind: 'string' }, codec: text },
      fn: (a, b) => ({ n: a.n + b.n, ok: a.ok && b.ok }),
      state: { name: '_op_state', kind: 'value', layout: 'object', value: sum, schema: sumSchema },
      columns: structColumns<Sum>([
        { name: 'n', kind: 'float64' },
        { name: 'ok', kind: 'bool' },
      ]),
      states: {},
    },
    value => out.push(value),
    () => undefined,
  );
  op.open();
  return { op, state, out };
}
const keys = Array.from({ length: 200 }, (_, i) => `k${i}`);

test('accumulators grow with the keys and are updated in place', () => {
  const { op, out } = open(null, 0, 1);
  for (let round = 1; round <= 3; round++)
    for (const key of keys) op.processElement({ n: 1, ok: round < 3 }, 0, key);
  assert.equal(out.at(-1), { n: 3, ok: false });
  assert.equal(out[200], { n: 2, ok: true });
});

test('a snapshot goes on where it was taken, also spread over more subtasks', () => {
  const first = open(null, 0, 1);
  for (const key of keys) first.op.processElement({ n: key.length, ok: true }, 0, key);
  const snapshot = first.state.snapshot();
  const restored = [0, 1, 2].map(subtask => open([snapshot], subtask, 3));
  const known = restored.map(({ op }) => keys.filter(key => (op.slot(key), !op.inserted)));
  assert.equal(known.flat().sort(), [...keys].sort());
  const owner = restored[known.findIndex(k => k.includes('k42'))]!;
  owner.op.processElement({ n: 10, ok: false }, 0, 'k42');
  assert.equal(owner.out, [{ n: 13, ok: false }]);
});

test('a snapshot after others has what changed before, between and after them', () => {
  const first = open(null, 0, 1);
  const sums = new Map<string, number>();
  for (let round = 1; round <= 5; round++) {
    for (const [i, key] of keys.entries()) {
      if (i > 40 * round || i % round !== 0) continue;
      first.op.processElement({ n: i, ok: true }, 0, key);
      sums.set(key, (sums.get(key) ?? 0) + i);
    }
    const after = open([first.state.snapshot()], 0, 1);
    for (const key of sums.keys()) after.op.processElement({ n: 0, ok: true }, 0, key);
    assert.equal(
      after.out.map(({ n }) => n),
      [...sums.values()],
      `round ${round}`,
    );
  }
});

if (backendUnderTest === 'hashmap')
  test('§3.12 BATCH: the next key begins with nothing', () => {
    const { op, out } = open(null, 0, 1);
    op.processElement({ n: 1, ok: true }, 0, 'a');
    op.onKeyEnd();
    op.processElement({ n: 5, ok: true }, 0, 'a');
    assert.equal(out, [
      { n: 1, ok: true },
      { n: 5, ok: true },
    ]);
  });

test.run();
