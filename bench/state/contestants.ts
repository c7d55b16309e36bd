/** A count per key: through keyed state as operators see it, and in a Map. */
import type { KeyType, StateSpec, ValueCodec } from '../../runtime/contract/index.js';
import { ReduceOperator } from '../../runtime/operators/index.js';
import { createHeapStateBackends } from '../../runtime/state/index.js';
import { TestOperatorContext } from '../../test/operators/harness.js';

const keys = 100_000;

const float64: ValueCodec = {
  fingerprint: 'float64',
  write: (out, value) => out.f64(value as number),
  read: from => from.f64(),
};
const text: ValueCodec = {
  fingerprint: 'string',
  write: (out, value) => out.string(value as string),
  read: from => from.string(),
};
const count: StateSpec = {
  name: 'count',
  kind: 'value',
  layout: 'float64',
  value: float64,
  schema: { kind: 'float64' },
};
const numberKey: KeyType = { schema: { kind: 'float64' }, codec: float64 };
const stringKey: KeyType = { schema: { kind: 'string' }, codec: text };

type KeyKind = 'numbers' | 'strings';

/** Strings as a decoder makes them: a new object for every record. */
function draw(kind: KeyKind, updates: number): ArrayLike<unknown> {
  const draws = new Float64Array(updates);
  let seed = 42;
  for (let i = 0; i < updates; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
    draws[i] = (seed >>> 8) % keys;
  }
  if (kind === 'numbers') return draws;
  const bytes = Buffer.from(
    Array.from(draws, i => `customer-${String(i).padStart(6, '0')}`).join(''),
    'latin1',
  );
  const length = 'customer-000000'.length;
  return Array.from(draws, (_, i) => bytes.toString('latin1', i * length, (i + 1) * length));
}

export interface Outcome {
  /** of processor time */
  readonly seconds: number;
  readonly total: number;
}
/** The first round fills the tables, the second is measured: a job runs for long. */
function timed(
  kind: KeyKind,
  updates: number,
  run: (keys: ArrayLike<unknown>) => void,
  total: () => number,
): Outcome {
  run(draw(kind, updates));
  const input = draw(kind, updates);
  const start = process.cpuUsage();
  run(input);
  const { user, system } = process.cpuUsage(start);
  return { seconds: (user + system) / 1e6, total: total() };
}

function keyedBackend(keyType: KeyType): ReturnType<ReturnType<typeof createHeapStateBackends>['keyed']> {
  const context = new TestOperatorContext();
  return createHeapStateBackends({
    operator: context.spec,
    subtask: 0,
    parallelism: 1,
    maxParallelism: 128,
    processingTime: context.processingTime,
    batchMode: false,
    restore: null,
  }).keyed(keyType);
}

export function valueState(kind: KeyKind, updates: number): Outcome {
  const keyed = keyedBackend(kind === 'numbers' ? numberKey : stringKey);
  const state = keyed.value<number>(count);
  return timed(
    kind,
    updates,
    input => {
      for (let i = 0; i < input.length; i++) {
        keyed.setCurrentKey(input[i]);
        state.update((state.value() ?? 0) + 1);
      }
    },
    () => {
      let sum = 0;
      keyed.forEachKey('count', () => (sum += state.value()!));
      return sum;
    },
  );
}

export function builtInReduce(kind: KeyKind, updates: number): Outcome {
  let last = 0;
  let emitted = 0;
  const operator = new ReduceOperator<unknown, number>(
    new TestOperatorContext(),
    { key: kind === 'numbers' ? numberKey : stringKey, fn: (a, b) => a + b, state: count, states: {} },
    value => {
      last = value;
      emitted++;
    },
    () => {},
  );
  return timed(
    kind,
    updates,
    input => {
      for (let i = 0; i < input.length; i++) operator.processElement(1, 0, input[i]);
    },
    () => (last > 0 ? emitted : 0),
  );
}

export function map(kind: KeyKind, updates: number): Outcome {
  const counts = new Map<unknown, number>();
  return timed(
    kind,
    updates,
    input => {
      for (let i = 0; i < input.length; i++) counts.set(input[i], (counts.get(input[i]) ?? 0) + 1);
    },
    () => {
      let sum = 0;
      for (const value of counts.values()) sum += value;
      return sum;
    },
  );
}
