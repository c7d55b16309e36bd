/** Inlined text must do what the function does: both are run on the same records. */
import { transformSync } from 'esbuild';
import { runInNewContext } from 'node:vm';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fragments, LoweredFn, Result } from '../../compiler/ir/lambda.js';
import type { Captures } from '../../compiler/ir/value.js';
import { lowerLambda } from './program.js';

/** What generated code would do, with every name chosen so that a missed rename fails. */
function render(lowered: LoweredFn): string {
  const { params, prologue, result } = lowered.inline!;
  const names = Array.from({ length: params }, (_, i) => `record$${i}`);
  const body = [...prologue.map(code => `${text(code)};`), `return (${resultText(result)});`].join('\n');
  return `(${names.join(', ')}) => {\n${body}\n}`;
}

function text(code: Fragments): string {
  return code
    .map(f => {
      switch (f.kind) {
        case 'text':
        case 'glue':
          return f.text;
        case 'param':
        case 'field':
          return place(f.param, f.kind === 'field' ? f.path : []);
        case 'presence': {
          const value = place(f.param, f.path);
          if (f.absent === 'falsy') return `(!!${value})`;
          return f.absent === 'nullish' ? `(${value} != null)` : `(${value} !== ${f.absent})`;
        }
        case 'capture':
        case 'local': {
          const name = f.kind === 'local' ? `local$${f.name}` : `captured.${f.name}`;
          return f.shorthand ? `${f.name}: ${name}` : name;
        }
      }
    })
    .join('');
}

function place(param: number, path: readonly string[]): string {
  return `record$${param}${path.map(name => `[${JSON.stringify(name)}]`).join('')}`;
}

function resultText(result: Result): string {
  switch (result.kind) {
    case 'expression':
      return `(${text(result.code)})`;
    case 'path':
      return place(result.param, result.path);
    case 'struct':
      return `{ ${result.entries
        .map(e =>
          e.kind === 'field'
            ? `${JSON.stringify(e.name)}: ${resultText(e.value)}`
            : `...omit(${place(e.param, e.path)}, ${JSON.stringify(e.omit)})`,
        )
        .join(', ')} }`;
  }
}

const captured = {
  limit: 3,
  v$: (n: number, low: number, high: number) => Math.min(Math.max(n, low), high),
  emit: (s: string) => `<${s}>`,
  key: (n: number) => n + 5,
  acc$: 'A',
  source0: 10,
  state: 5,
  Math,
  Boolean,
  String,
  Object,
  JSON,
};
const omit = (o: object | null, names: readonly string[]): object =>
  Object.fromEntries(Object.entries(o ?? {}).filter(([name]) => !names.includes(name)));

const records: readonly object[] = [
  {
    id: 'a',
    user: 'ada',
    amount: 2,
    qty: 1,
    tags: ['x', 'y'],
    k: 4,
    kind: 'bid',
    bid: { price: 7, url: ' u ', inner: { n: 1 } },
    note: null,
  },
  { id: 'b', user: 'bob', amount: 60, qty: 0, tags: [], k: 1, kind: 'auction', bid: null, z: 9, note: '' },
  { id: 'c', user: 'cy', amount: 0, qty: 3, tags: ['q'], k: 0, kind: 'person', note: 'n' },
];

const programs: readonly string[] = [
  // names that collide with each other, with captures, and with what a generator would choose
  'emit$ => emit$.amount > limit',
  'o => ({ ...o, amount: v$(o.amount, 0, source0 * 10), id: emit(o.id) })',
  '({ user: o, amount: v, ...rest }) => ({ ...rest, user: o, amount: v, v, o })',
  '({ user: o, ...rest }) => { const copy = JSON.stringify(rest); return copy + o; }',
  'o => ({ ...o, list: [1, 2].map(o => o * 2).map((x, i) => x + i + key(o.qty)) })',
  'x => ({ ...x, k: [x].map(({ qty: x }) => x)[0], y: (function (x) { return x + 1; })(x.amount), acc$ })',
  'r => (r.k > 3 ? r : { ...r, k: -1 })',
  'state => { return { ...state, z: state.k + source0 }; }',
  '({ tags: [first], z = 4 as number }) => first !== undefined && z > -100',
  '({ z = 4, tags: [head = "none", ...tail] }) => [z, head, tail]',
  '({ tags: [a, b = limit] }) => [a, b]',
  'o => /[/*]"\'`/.test(o.id) ? `a${`b${o.id}`}` : "// not a comment"',
  '<T extends { q?: number }>(o: T): T & { q: 1 } => ({ ...o, q: 1 as const })',
  'o => (o.q, o.id)',
  'o => ({ limit, o: { o, limit }, ...{ limit } })',
  'limit => [limit].map(({ qty, ...others }) => ({ qty, n: Object.keys(others).length }))',
  'o => [o].map(function self(r): number { return r.qty > 0 ? self({ ...r, qty: r.qty - 1 }) : o.amount; })[0]',
  'o => { const { qty, bid: price } = o; const twice = qty * 2; return { qty, twice, price, o: [twice].map(qty => qty + twice) }; }',
  'o => [1, 2].map(n => { const { user } = o; const label = user + n; return { user, label }; })',
  'o => ((user, qty) => `${user} ${qty} ${o.user}`)(o.id, o.k)',
  'o => ({ "user name": o.user, 1: o.k, [o.id]: o.qty })',
  'o => new (class Box { value = o.qty; get double() { return this.value * 2; } })().double',
  'o => { if (o.k > 3) return o.user; else if (o.qty) { return { q: o.qty }; } return limit; }',
  'o => { if (o.bid ? o.k > 5 : o.k < 2) return 1; if ((o.k, o.qty)) return 2; return 3; }',
  'o => { const { bid } = o; if (!bid) return null; return { ...bid, k: o.k }; }',
  // absent parts
  'o => o.bid?.price',
  'o => o.bid?.inner.n',
  'o => o.bid?.url.trim().length',
  'o => o.bid?.url.trim().padEnd(o.k + 3, o.id)',
  'o => (o.bid?.price ?? -1) + (o.note?.length ?? -2)',
  'o => o.bid !== null',
  'o => o.bid != null && o.bid.price > 3',
  'o => o.bid?.price !== null',
  'o => o.bid?.price === undefined',
  'o => null == o.bid?.inner',
  'o => (o.bid ? o.bid.price : o.k)',
  'o => (!o.bid || !o.note ? 1 : 2)',
  'o => o.bid && o.bid.price',
  'o => Boolean(o.bid) === Boolean(o.note)',
  'o => o.tags.map(t => (o.bid ? t + o.bid.price : t))',
  'o => ({ ...o.bid, id: o.id })',
  'o => { const bid = o.bid; return bid ? { price: bid.price, url: bid.url } : null; }',
  'o => { const price = o.bid?.price; return { price, known: price !== undefined }; }',
];

const captures: Captures = Object.fromEntries(
  Object.keys(captured).map(name => [name, { t: 'import', from: 'lib', name }]),
);
const names = Object.keys(captured).filter(name => !(name in globalThis));

for (const code of programs) {
  test(`runs alike: ${code}`, () => {
    const lowered = lowerLambda(code, { captures, names });
    assert.ok(lowered.inline);
    const context = { captured, omit, ...captured };
    const [original, inlined] = [code, render(lowered)].map(
      source =>
        runInNewContext(transformSync(`(${source})`, { loader: 'ts' }).code, context) as (
          o: object,
        ) => unknown,
    );
    for (const record of records) {
      const expected = outcome(() => original!(record));
      assert.equal(
        outcome(() => inlined!(record)),
        expected,
      );
    }
  });
}

function outcome(run: () => unknown): string {
  try {
    return JSON.stringify(run(), (_, value: unknown) => (value === undefined ? '<undefined>' : value));
  } catch (error) {
    return String((error as Error).name);
  }
}

test.run();
