import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fn, lowerLambda, showUsage, type LambdaOptions } from './program.js';

const options: LambdaOptions = {
  before: `
function total(list) { let sum = 0; for (const x of list) sum += x.amount; return sum; }
function first(list) { return list[0]; }
const price = x => x.price * 2;
`,
  names: ['send', 'i'],
  captures: {
    send: { t: 'import', from: 'lib', name: 'send' },
    i: { t: 'import', from: 'lib', name: 'i' },
    total: fn('main.ts#total'),
    first: fn('main.ts#first'),
    price: fn('main.ts#price'),
  },
};

/** What `(xs, out) => …` reads of the elements of xs. */
const cases: readonly (readonly [body: string, expected: string])[] = [
  // loops
  ['for (const x of xs) out.collect(x.amount);', '{amount}'],
  ['for (const { id, user: { name } } of xs) out.collect(id + name);', '{id, user{name}}'],
  ['for (const { id = 1, ...rest } of xs) out.collect(id);', '*'],
  ['let n = 0; for (const _ of xs) n++; out.collect(n);', '-'],
  ['for (const x of xs) { const b = x.bid; if (b) out.collect(b.price); }', '{bid{price}}'],
  ['for (const x of xs) if (x.bid !== null) out.collect(1);', '{bid?}'],
  [
    'let best = null; for (const x of xs) if (best === null || x.n > best.n) best = x; out.collect(best.id);',
    '*',
  ],
  ['for (const x of xs) out.collect(x);', '*'],
  ['for (const x of xs) out.collect({ ...x });', '*'],
  ['for (const x of xs) out.collect({ a: x.a, b: x["b"] });', '{a, b}'],
  ['for (const x of xs) out.collect(x.total());', '*'],
  ['for (const x of xs) out.collect(x.name.trim());', '{name}'],
  ['for (const x of xs) send(x.id);', '{id}'],
  ['for (const x of xs) send(x);', '*'],
  ['for (const k in xs) out.collect(k);', '*'],
  ['for (x of xs) out.collect(x.id);', '*'],
  ['for (let x of xs) { x = x.next; out.collect(x.id); }', '*'],
  // arrays
  ['const list = [...xs]; list.sort((a, b) => a.t - b.t); out.collect(list[0].id);', '{id, t}'],
  ['const list = Array.from(xs); out.collect(list.length);', '-'],
  ['out.collect(Array.from(xs, x => x.id).length);', '{id}'],
  ['out.collect([...xs].filter(x => x.ok).map(x => x.id).join());', '{id, ok}'],
  ['out.collect([...xs].reduce((sum, x) => sum + x.amount, 0));', '{amount}'],
  ['out.collect([...xs].reduce((a, b) => (a.n > b.n ? a : b)));', '*'],
  ['out.collect([...xs].some((x, index, all) => x.a > all[0].b));', '{a, b}'],
  ['out.collect(Math.max(...[...xs].map(x => x.n)));', '{n}'],
  ['const list = [...xs]; const last = list.at(-1); if (last) out.collect(last.id);', '{id}'],
  ['const [a, b] = xs; out.collect(a.id + (b ? b.n : 0));', '{id, n}'],
  ['const [a, ...more] = xs; out.collect(a.id);', '*'],
  ['const [{ id }] = xs; out.collect(id);', '{id}'],
  ['const list = [...xs]; out.collect(list[list.length - 1]?.id);', '{id}'],
  ['const list = [...xs]; out.collect(list[list[0].next].id);', '{id, next}'],
  ['out.collect([...xs].toSorted((a, b) => a.t - b.t).slice(0, 3));', '*'],
  ['for (const x of [...xs].toSorted((a, b) => b.t - a.t).slice(0, 3)) out.collect(x.id);', '{id, t}'],
  ['out.collect([...xs, ...xs].length);', '*'],
  ['out.collect([...xs].map(price));', '*'],
  ['const list = [...xs]; list.push(1); out.collect(1);', '*'],
  ['let list = [...xs]; list = []; out.collect(list.length);', '*'],
  ['out.collect(xs[Symbol.iterator]().next());', '*'],
  ['out.collect([...xs]);', '*'],
  ['out.collect({ xs });', '*'],
  ['this.last = xs;', '*'],
  // functions
  ['out.collect(total(xs));', '{amount}'],
  ['out.collect(total([...xs].filter(x => x.ok)));', '{amount, ok}'],
  ['out.collect(first([...xs]).id);', '*'],
  ['for (const x of xs) out.collect(price(x));', '{price}'],
  ['send([...xs]);', '*'],
  ['function best() { return list[0].id; } const list = [...xs]; out.collect(best());', '{id}'],
  ['[...xs].forEach(function () { send(arguments[0]); });', '*'],
  ['[...xs].forEach((...all) => send(all));', '*'],
  ['[...xs].forEach(({ a }) => send(a));', '{a}'],
  ['const ids = () => [...xs].map(x => x.id); out.collect(ids());', '{id}'],
  ['out.collect(1);', '-'],
];
for (const [body, expected] of cases) {
  test(`elements: ${body}`, () => {
    const lowered = lowerLambda(`(xs, out) => { ${body} }`, { ...options, kind: 'process' });
    assert.is(showUsage(lowered.elements[0]), expected);
  });
}

test('elements: parameters that are not plain names are read whole', () => {
  const elements = (code: string): string => showUsage(lowerLambda(code, options).elements[0]);
  assert.is(elements('([x]) => x.id'), '*');
  assert.is(elements('(xs = []) => xs.length'), '*');
  assert.is(elements('(...xs) => xs.length'), '*');
  assert.is(elements('xs => { xs = 1; return xs; }'), '*');
  assert.is(elements('function (xs) { return arguments.length; }'), '*');
});

test.run();
