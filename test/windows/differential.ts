/** Runs two implementations of a windowed aggregation over the same random stream, restores and rescaling included. */
import fc from 'fast-check';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../plugins/api/types.js';
import { keyGroupOf, operatorIndexOf } from '../../runtime/contract/key-groups.js';
import { keyHasher } from '../../runtime/contract/key-hash.js';
import type { KeyType } from '../../runtime/contract/state.js';
import {
  intKey,
  ManualClock,
  maxParallelism,
  numberKey,
  OperatorHarness,
  pairKey,
  stringKey,
} from './operator-harness.js';

export type Step =
  | { readonly kind: 'record'; readonly key: number; readonly timestamp: number; readonly value: number }
  | { readonly kind: 'watermark'; readonly watermark: number }
  /** of the clock */
  | { readonly kind: 'wait'; readonly milliseconds: number }
  | { readonly kind: 'restore'; readonly parallelism: number };

export interface Accumulator {
  sum: number;
  seen: number[];
}
/** merge changes and returns its second argument: allowed, and fatal for a slice that is merged twice. */
export const aggregate = {
  createAccumulator: (): Accumulator => ({ sum: 0, seen: [] }),
  add: (value: number, acc: Accumulator): Accumulator => {
    acc.sum += value;
    acc.seen.push(value);
    return acc;
  },
  getResult: (acc: Accumulator) => `${acc.sum}/${acc.seen.toSorted((a, b) => a - b).join('')}`,
  merge: (a: Accumulator, b: Accumulator): Accumulator => {
    b.sum += a.sum;
    b.seen.push(...a.seen);
    a.seen.length = 0;
    return b;
  },
};

export interface Operator {
  open(): void;
  processElement(value: number, timestamp: number, key: unknown): void;
  advanceWatermark(watermark: number): void;
}
export type Make = (harness: OperatorHarness, out: string[]) => Operator;

export const asKey: Readonly<
  Record<string, { readonly type: KeyType; readonly of: (n: number) => unknown }>
> = {
  int: { type: intKey, of: n => n },
  number: { type: numberKey, of: n => (n === 0 ? NaN : n === 1 ? -0 : n / 3) },
  string: { type: stringKey, of: n => `k${n}` },
  struct: { type: pairKey, of: n => ({ a: n % 2, b: `k${n}` }) },
};

/**
 * Output between two steps as a set: equal times of different keys have no order.
 *
 * @param backends where state is from one restore to the next, in turn: bytes of memory before it goes to disk, or the heap
 */
export function run(
  make: Make,
  steps: readonly Step[],
  key: (typeof asKey)[string],
  backends: readonly (number | undefined)[] = [undefined],
): readonly string[] {
  const out: string[] = [];
  const groups: string[] = [];
  const hash = keyHasher(key.type.schema);
  const clock = new ManualClock();
  const deploy = (harness: OperatorHarness): { harness: OperatorHarness; operator: Operator } => {
    const operator = make(harness, out);
    operator.open();
    return { harness, operator };
  };
  let deployments = 0;
  const spillBeyond = (): number | undefined => backends[deployments++ % backends.length];
  let subtasks = [deploy(new OperatorHarness({ clock, spillBeyond: spillBeyond() }))];
  let dropped = 0;
  const countDropped = (): void => {
    for (const { harness } of subtasks) dropped += harness.count('numLateRecordsDropped');
  };
  const flush = (label: string): void => {
    groups.push(`${label} ${out.toSorted().join(' ')}`);
    out.length = 0;
  };
  const advance = (watermark: number): void => {
    for (const { operator } of subtasks) operator.advanceWatermark(watermark);
  };
  for (const step of steps) {
    switch (step.kind) {
      case 'record': {
        const of = key.of(step.key);
        const at = operatorIndexOf(keyGroupOf(hash(of), maxParallelism), maxParallelism, subtasks.length);
        // Some records come in batches of their own.
        if (step.value % 2 === 0) subtasks[at]!.harness.prefetch(key.type, [of]);
        subtasks[at]!.operator.processElement(step.value, step.timestamp, of);
        break;
      }
      case 'watermark':
        advance(step.watermark);
        break;
      case 'wait':
        clock.advanceTo(clock.now() + step.milliseconds);
        break;
      case 'restore': {
        const restored = subtasks.map(({ harness }) => harness.snapshot());
        countDropped();
        clock.cancelAll();
        const { parallelism } = step;
        const beyond = spillBeyond();
        subtasks = Array.from({ length: parallelism }, (_, subtask) =>
          deploy(new OperatorHarness({ restored, clock, subtask, parallelism, spillBeyond: beyond })),
        );
        clock.advanceTo(clock.now());
      }
    }
    flush(step.kind);
  }
  advance(MAX_TIMESTAMP);
  flush('end');
  countDropped();
  return [...groups, `dropped ${dropped}`];
}

/** Memory; disk, a row at a time or some; and from one to the other and back. */
export const places = [[undefined], [0], [300], [undefined, 0, 300]];

export const record = fc.record({
  kind: fc.constant('record' as const),
  key: fc.nat(3),
  timestamp: fc.integer({ min: -60, max: 120 }),
  value: fc.integer({ min: 1, max: 9 }),
});
export const watermark = fc.record({
  kind: fc.constant('watermark' as const),
  watermark: fc.integer({ min: -70, max: 130 }),
});
export const wait = fc.record({
  kind: fc.constant('wait' as const),
  milliseconds: fc.integer({ min: 0, max: 30 }),
});
export const restore = fc.record({
  kind: fc.constant('restore' as const),
  parallelism: fc.integer({ min: 1, max: 3 }),
});

/** Watermarks only rise. */
export function monotonous(steps: readonly Step[]): readonly Step[] {
  let highest = MIN_TIMESTAMP;
  return steps.filter(step => {
    if (step.kind === 'restore') highest = MIN_TIMESTAMP;
    if (step.kind !== 'watermark') return true;
    const rises = step.watermark > highest;
    highest = Math.max(highest, step.watermark);
    return rises;
  });
}
