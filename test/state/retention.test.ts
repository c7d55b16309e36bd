/** Texts in state do not keep alive what they were cut from. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Schema } from '../../plugins/api/schema.js';
import type { KeyedStateBackend } from '../../runtime/contract/state.js';
import { minutes, StateTtlConfig } from '../../compiler/lang/index.js';
import { createColumn } from '../../runtime/state/heap/columns.js';
import { detacherOf } from '../../runtime/state/heap/detach-value.js';
import { HeapOperatorStateBackend } from '../../runtime/state/operator-backend.js';
import { keyType, stateSpec, TestOperatorContext } from '../operators/harness.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
function heapUsed(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

test('texts cut from decoded batches are copied into state', () => {
  const column = createColumn<string>('string', { kind: 'string' });
  const before = heapUsed();
  for (let slot = 0; slot < 200; slot++) {
    const batch = Buffer.alloc(256 << 10, 97 + (slot % 26)).toString('latin1');
    column.put(slot, batch.slice(1000, 1100));
  }
  const retained = heapUsed() - before;
  assert.is(column.get(199).length, 100);
  // the batches are 51 MB
  assert.ok(retained < 5e6, `${retained} bytes are retained`);
});

test('texts of every kind come out as they went in', () => {
  const column = createColumn<string>('string', { kind: 'string' });
  for (const text of [
    '',
    'short',
    'long enough to be cut',
    'größer als dreizehn',
    'жжжжжжжжжжжжжжж',
    '😀'.repeat(20),
    `\ud800${'x'.repeat(20)}`,
  ]) {
    column.put(0, text);
    assert.is(column.get(0), text);
  }
});

const record: Schema = {
  kind: 'struct',
  fields: [
    { name: 'amount', schema: { kind: 'float64' }, optional: false },
    { name: 'names', schema: { kind: 'list', of: { kind: 'string' } }, optional: false },
    {
      name: 'text',
      schema: { kind: 'nullable', of: { kind: 'string' }, null: true, undefined: false },
      optional: false,
    },
  ],
};
interface Holder {
  amount: number;
  names: string[];
  text: string | null;
}
const cut = (i: number): string =>
  Buffer.alloc(256 << 10, 97 + (i % 26))
    .toString('latin1')
    .slice(1000, 1100);
const holder = (i: number): Holder => ({ amount: i, names: [cut(i), 'short'], text: cut(i) });
const structSpec = (name: string, kind: Parameters<typeof stateSpec>[1], key?: 'string') => ({
  ...stateSpec(name, kind, 'json', key),
  schema: record,
});
const ttl = StateTtlConfig.newBuilder(minutes(5));
const keyed = (fill: (backend: KeyedStateBackend<number>, i: number) => void) => {
  const backend = new TestOperatorContext().keyedState<number>(keyType('float64'));
  return (i: number): void => {
    backend.setCurrentKey(i);
    fill(backend, i);
  };
};
const operator = new HeapOperatorStateBackend(null);

/** Each puts what was cut from batch `i`. */
const entries: Readonly<Record<string, (i: number) => void>> = {
  'value state': keyed((b, i) => b.value<Holder>(structSpec('v', 'value')).update(holder(i))),
  'value state with TTL': keyed((b, i) =>
    b.value<Holder>(structSpec('v', 'value'), { ttl }).update(holder(i)),
  ),
  'list state, one by one': keyed((b, i) => b.list<Holder>(structSpec('l', 'list')).add(holder(i))),
  'list state, several': keyed((b, i) => b.list<Holder>(structSpec('l', 'list')).addAll([holder(i)])),
  'list state, replaced': keyed((b, i) => b.list<Holder>(structSpec('l', 'list')).update([holder(i)])),
  'list state with TTL': keyed((b, i) => b.list<Holder>(structSpec('l', 'list'), { ttl }).add(holder(i))),
  'map state': keyed((b, i) =>
    b.map<string, Holder>(structSpec('m', 'map', 'string')).put(cut(i), holder(i)),
  ),
  'map state with TTL': keyed((b, i) =>
    b.map<string, Holder>(structSpec('m', 'map', 'string'), { ttl }).put(cut(i), holder(i)),
  ),
  'operator state': i => operator.list<Holder>(structSpec('list', 'operatorList')).add(holder(i)),
  'broadcast state': i =>
    operator
      .broadcast<string, Holder>(structSpec('rules', 'broadcast', 'string'))
      .put(`${i} ${cut(i)}`, holder(i)),
};
for (const [name, put] of Object.entries(entries))
  test(`texts inside of records are copied into ${name}`, () => {
    const before = heapUsed();
    for (let i = 0; i < 200; i++) put(i);
    const retained = heapUsed() - before;
    put(0); // keeps the state alive until here
    // the batches are 105 MB and more
    assert.ok(retained < 5e6, `${retained} bytes are retained`);
  });

test('texts in records: what is put is what is kept, whatever its shape', () => {
  class Sealed {
    readonly #text = 'a text that is long enough';
    get text(): string {
      return this.#text;
    }
    set text(_: string) {
      throw new Error('a setter is called');
    }
  }
  const cyclic: { text: string; self?: unknown } = { text: 'a text that is long enough' };
  cyclic.self = cyclic;
  const detach = detacherOf({ kind: 'json' })!;
  const shapes: readonly unknown[] = [
    null,
    undefined,
    1,
    'a text that is long enough',
    Object.freeze({ text: 'a text that is long enough' }),
    Object.freeze(['a text that is long enough']),
    new Sealed(),
    cyclic,
    new Map([['a key that is long enough', ['a text that is long enough']]]),
    new Set(['a text that is long enough']),
    new Uint8Array([1, 2]),
    { nested: [{ deep: [['a text that is long enough']] }, new Date(0)] },
  ];
  for (const shape of shapes) {
    const kept = detach(shape, true);
    if (typeof shape === 'string') assert.is(kept, shape);
    else assert.is(kept, shape, 'the same object');
  }
  assert.equal(shapes[8], new Map([['a key that is long enough', ['a text that is long enough']]]));
  assert.equal(shapes[11], { nested: [{ deep: [['a text that is long enough']] }, new Date(0)] });
  assert.is(detacherOf({ kind: 'list', of: { kind: 'float64' } }), null, 'numbers are not walked');
});

test('texts in records: a list that grows in state is not walked again with every record', () => {
  const detach = detacherOf({ kind: 'list', of: { kind: 'string' } })!;
  let reads = 0;
  const list = new Proxy(
    Array.from({ length: 10_000 }, (_, i) => `a text that is long enough ${i}`),
    { get: (target, name) => (reads++, Reflect.get(target, name) as unknown) },
  );
  detach(list, false);
  assert.ok(reads < 200, `${reads} reads`);
});

test.run();
