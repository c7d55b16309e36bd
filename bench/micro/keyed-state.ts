/**
 * M updates/s of a count per key through ValueState (value() + update()) and a keyed reduce, against a plain Map, for
 * 100,000 keys. Interleaved runs, medians. Number keys are dense ids or spread over 2^40; strings are fresh ones, as
 * decoders make them. Bundled first, as programs are, because loaders that transform at run time slow private fields:
 *   npx esbuild bench/micro/keyed-state.ts --bundle --platform=node --format=esm --target=node20 | node --input-type=module
 */
import { createHeapStateBackends } from '../../runtime/state/index.js';
import type { KeyType, StateSpec, ValueCodec } from '../../runtime/contract/index.js';
import { ReduceOperator } from '../../runtime/operators/index.js';
import { TestOperatorContext } from '../../test/operators/harness.js';

const KEYS = 100_000;
const UPDATES = 1_000_000;
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
const dense = Float64Array.from(draws);
const spread = Float64Array.from(draws, i => i * 10_995_116);
/** Fresh objects each time, each with a hash still to be computed. */
const freshStrings = (): string[] =>
  Array.from(draws, i => Buffer.from(`customer-${i}`, 'latin1').toString('latin1'));

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
  /** Applies all updates. */
  run(keys: ArrayLike<unknown>): void;
  /** The sum of all counts, which must be the number of updates so far. */
  total(): number;
}

function valueState(keyType: KeyType): Contender {
  const keyed = backend(keyType).keyed(keyType);
  const state = keyed.value<number>(count);
  return {
    name: 'ValueState',
    run(keys) {
      for (let i = 0; i < keys.length; i++) {
        keyed.setCurrentKey(keys[i]);
        state.update((state.value() ?? 0) + 1);
      }
    },
    total() {
      let sum = 0;
      keyed.forEachKey('count', () => (sum += state.value()!));
      return sum;
    },
  };
}
function keyedReduce(keyType: KeyType): Contender {
  let emitted = 0;
  const operator = new ReduceOperator<unknown, number>(
    new TestOperatorContext(),
    { key: keyType, fn: (a, b) => a + b, state: count, states: {} },
    () => emitted++,
    () => {},
  );
  return {
    name: 'reduce',
    run(keys) {
      for (let i = 0; i < keys.length; i++) operator.processElement(1, 0, keys[i]);
    },
    total: () => emitted,
  };
}
function plainMap(): Contender {
  const map = new Map<unknown, number>();
  return {
    name: 'Map',
    run(keys) {
      for (let i = 0; i < keys.length; i++) map.set(keys[i], (map.get(keys[i]) ?? 0) + 1);
    },
    total() {
      let sum = 0;
      for (const value of map.values()) sum += value;
      return sum;
    },
  };
}

const cases: readonly [string, KeyType, () => ArrayLike<unknown>][] = [
  ['dense number keys', numberKey, () => dense],
  ['spread number keys', numberKey, () => spread],
  ['string keys', stringKey, freshStrings],
];
for (const [name, keyType, keys] of cases) {
  const contenders = [plainMap(), valueState(keyType), keyedReduce(keyType)];
  const rates = contenders.map((): number[] => []);
  for (let run = 0; run < RUNS; run++) {
    contenders.forEach((contender, c) => {
      const input = keys();
      const start = process.hrtime.bigint();
      contender.run(input);
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      if (contender.total() !== UPDATES * (run + 1)) throw new Error(`${contender.name} lost updates`);
      rates[c]!.push(UPDATES / seconds / 1e6);
    });
  }
  contenders.forEach((contender, c) => {
    const sorted = rates[c]!.toSorted((a, b) => a - b);
    const [low, median, high] = [sorted[0]!, sorted[sorted.length >> 1]!, sorted.at(-1)!].map(r =>
      r.toFixed(1),
    );
    console.log(
      `${name.padEnd(20)} ${contender.name.padEnd(12)} ${median!.padStart(6)} M updates/s  [${low}–${high}]`,
    );
  });
}
