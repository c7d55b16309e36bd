import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { OperatorSection } from '../../runtime/contract/state.js';
import { redistributeParts } from '../../runtime/core/redistribute.js';

const schema = { key: null, namespace: null, value: 'float64' } as unknown as OperatorSection['schema'];
const section = (...elements: readonly number[]): ReadonlyMap<string, OperatorSection> =>
  new Map([['list', { mode: 'split', schema, elements: elements.map(element => Uint8Array.of(element)) }]]);
const elementsOf = (sections: ReadonlyMap<string, OperatorSection>): number[] =>
  (sections.get('list')?.elements ?? []).map(([element]) => element!);

test('§8.4 operator list: a subtask that left nothing counts among the old ones', () => {
  const parts = [
    { subtask: 1, parallelism: 4, sections: section(1, 2) },
    { subtask: 3, parallelism: 4, sections: section(3) },
  ];
  assert.equal(redistributeParts(parts, 4).map(elementsOf), [[], [1, 2], [], [3]]);
  assert.equal(redistributeParts(parts, 2).map(elementsOf), [[1, 2], [3]]);
  assert.equal(redistributeParts(parts, 3).map(elementsOf), [[1], [2], [3]]);
});

test('§8.4 operator list: nothing was left', () => {
  assert.equal(redistributeParts([], 2).map(elementsOf), [[], []]);
});

test.run();
