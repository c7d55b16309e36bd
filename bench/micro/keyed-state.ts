/**
 * M updates/s of a count per key through ValueState (value() + update()), a reducing state and a built-in aggregate,
 * against a plain Map, for 100,000 keys. Interleaved runs, medians. Run: node --import tsx bench/micro/keyed-state.ts
 */
import { createHeapStateBackends } from '../../runtime/state/index.js';
import type { KeyType, StateSpec, ValueCodec } from '../../runtime/contract/index.js';
import { ReduceOperator } from '../../runtime/operators/index.js';
import { TestOperatorContext } from '../../test/operators/harness.js';

const KEYS = 100_000;
const UPDATES = 2_000_000;
const RUNS = 7;

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
const numberKey: KeyType = { schema: { kind: 'float64' }, codec: float64 };
const stringKey: KeyType = { schema: { kind: 'string' }, codec: text };
const count: StateSpec = {
  name: 'count',
  kind: 'value',
  layout: 'float64',
  value: float64,
  schema: { kind: 'float64' },
};

/** The same pseudo-random sequence for every contender. */
const draws = new Int32Array(UPDATES);
let seed = 42;
for (let i = 0; i < UPDATES; i++) {
  seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
  draws[i] = (seed >>> 8) % KEYS;
}
const names = Array.from({ length: KEYS }, (_, i) => `customer-${i}`);
const numbers = Float64Array.from(draws);
const strings = Array.from(draws, i => names[i]!);

function backend(key: KeyType): ReturnType<typeof createHeapStateBackends> {
  const context = new TestOperatorContext();
  const backends = createHeapStateBackends({
    operator: context.spec,
    subtask: 0,
    parallelism: 1,
    maxParallelism: 128,
    processingTime: context.processingTime,
    batchMode: false,
    restore: null,
  });
  backends.keyed(key);
  return backends;
}

interface Contender {
  readonly name: string;
  /** Applies all updates and returns the sum of all counts, which must be the number of updates so far. */
  run(): number;
}

function valueState<K>(name: string, keyType: KeyType, keys: ArrayLike<K>): Contender {
  const keyed = backend(keyType).keyed<K>(keyType);
  const state = keyed.value<number>(count);
  return {
    name,
    run() {
      for (let i = 0; i < keys.length; i++) {
        keyed.setCurrentKey(keys[i]!);
        state.update((state.value() ?? 0) + 1);
      }
      let sum = 0;
      keyed.forEachKey('count', () => (sum += state.value()!));
      return sum;
    },
  };
}
function reduceOperator<K>(name: string, keyType: KeyType, keys: ArrayLike<K>): Contender {
  const context = new TestOperatorContext();
  let emitted = 0;
  const operator = new ReduceOperator<K, number>(
    context,
    { key: keyType, fn: (a, b) => a + b, state: count, states: {} },
    () => emitted++,
    () => {},
  );
  return {
    name,
    run() {
      for (let i = 0; i < keys.length; i++) operator.processElement(1, 0, keys[i]!);
      return emitted;
    },
  };
}
function plainMap<K>(name: string, keys: ArrayLike<K>): Contender {
  const map = new Map<K, number>();
  return {
    name,
    run() {
      for (let i = 0; i < keys.length; i++) map.set(keys[i]!, (map.get(keys[i]!) ?? 0) + 1);
      let sum = 0;
      for (const value of map.values()) sum += value;
      return sum;
    },
  };
}

const contenders = [
  plainMap('Map, number keys', numbers),
  valueState('ValueState, number keys', numberKey, numbers),
  reduceOperator('reduce, number keys', numberKey, numbers),
  plainMap('Map, string keys', strings),
  valueState('ValueState, string keys', stringKey, strings),
  reduceOperator('reduce, string keys', stringKey, strings),
];
const rates = new Map<string, number[]>();
for (let run = 0; run < RUNS; run++) {
  for (const contender of contenders) {
    const start = process.hrtime.bigint();
    const sum = contender.run();
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    if (sum !== UPDATES * (run + 1)) throw new Error(`${contender.name}: counted ${sum}`);
    const list = rates.get(contender.name) ?? [];
    list.push(UPDATES / seconds / 1e6);
    rates.set(contender.name, list);
  }
}
for (const [name, list] of rates) {
  const sorted = list.toSorted((a, b) => a - b);
  const median = sorted[sorted.length >> 1]!;
  console.log(
    `${name.padEnd(28)} ${median.toFixed(1).padStart(6)} M updates/s  [${sorted[0]!.toFixed(1)}–${sorted.at(-1)!.toFixed(1)}]`,
  );
}
