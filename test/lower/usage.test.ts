import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { resultDemand, joinUsage } from '../../compiler/ir/demand.js';
import type { Usage } from '../../compiler/ir/lambda.js';
import { fn, lowerLambda, showUsage, type LambdaOptions } from './program.js';

const helpers = `
function price(x) { return x.price * tax(x); }
const tax = y => y.rate + (y.region ? 1 : 0);
function loop(n) { return n.left ? loop(n.left) : n.value; }
function count(xs) { xs.n++; return xs.n; }
const kept = [];
function keep(v) { kept.push(v); }
`;
const names = ['send', 'k', 'cond'];
const options: LambdaOptions = {
  before: helpers,
  names,
  captures: {
    ...Object.fromEntries(names.map(name => [name, { t: 'import', from: 'lib', name }])),
    keep: fn('main.ts#keep', { kept: { t: 'array', id: 1, items: [] } }),
  },
};

/** What the function reads when all of its result is used. */
function reads(code: string, { kind = 'map' }: LambdaOptions = {}): readonly string[] {
  const lowered = lowerLambda(code, { ...options, kind });
  const parts: readonly Usage[] = lowered.inline
    ? resultDemand(lowered.inline.result, 'all', lowered.inline.params)
    : [];
  return lowered.usage.map((usage, i) => showUsage(joinUsage(usage, parts[i] ?? 'none')));
}

const usages: readonly (readonly [code: string, ...expected: string[]])[] = [
  ['o => o.amount > k', '{amount}'],
  ['o => { const a = o.address; return a.city + a.zip; }', '{address{city, zip}}'],
  ['o => { const c = o; return c.id; }', '{id}'],
  ['o => { let a = o.address; if (k) a = k; return a.city; }', '{address}'],
  ['o => { if (o.kind === "x") { return o.a; } return o.b; }', '{a, b, kind}'],
  ['o => { switch (o.kind) { case "a": return o.p; default: return o.q; } }', '{kind, p, q}'],
  ['o => { try { return o.a; } catch { return o.z; } }', '{a, z}'],
  ['o => { { const o = { id: 1 }; send(o.id); } return o.z; }', '{z}'],
  ['o => { for (const k in o) send(k); return 1; }', '*'],
  ['o => { class Q { m() { return o.deep.x; } } return new Q().m(); }', '{deep{x}}'],
  ['o => o[k]', '*'],
  ['o => o["id"]', '{id}'],
  ['o => JSON.stringify(o)', '*'],
  ['o => send(o)', '*'],
  ['o => send(o.a)', '{a}'],
  ['o => o.total()', '*'],
  ['o => o.tags.length', '{tags{length}}'],
  ['o => o.tags.map(t => t + o.id)', '{id, tags}'],
  ['o => [o.a, o.b]', '{a, b}'],
  ['o => ((p) => p.q)(o)', '*'],
  ['o => { o.amount = 5; return o.user; }', '*'],
  ['o => { delete o.a.b; return o.user; }', '{a, user}'],
  ['function (o) { return arguments[0].x; }', '*'],
  ['({ a = 1, [k]: z }) => a', '*'],
  ['({ a = 1, b }) => a + b', '{a, b}'],
  ['(o, i) => o.x', '{x}', '-'],
  // only whether it is there
  ['o => o.note != null', '{note?}'],
  ['o => (o.note !== undefined ? 1 : 2)', '{note?}'],
  ['o => { if (o.bid) return 1; return 2; }', '{bid?}'],
  ['o => { if (!o.bid || o.auction) return 1; return o.bid.price; }', '{auction?, bid{price}}'],
  ['o => Boolean(o.bid)', '{bid?}'],
  ['o => o.addr?.city', '{addr{city}}'],
  ['o => o.bid && o.bid.price', '{bid}'],
  ['o => o !== null', '{}'],
  // helpers of the program are followed
  ['o => price(o)', '{price, rate, region?}'],
  ['o => price(o.item)', '{item{price, rate, region?}}'],
  ['o => loop(o)', '{left, value}'],
  ['o => [1].map(() => tax(o))', '{rate, region?}'],
  // collectors
  ['(o, out) => { for (const t of o.tags) out.collect({ t, id: o.id }); }', '{id, tags}', '*'],
  ['(o, out) => { if (o.bid) out.collect(o.bid); }', '{bid}', '*'],
];
for (const [code, ...expected] of usages) {
  test(`usage: ${code}`, () => assert.equal(reads(code), expected));
}

test('usage: a filter needs only the presence of what it returns', () => {
  assert.equal(reads('o => o.bid', { kind: 'filter' }), ['{bid?}']);
  assert.equal(reads('o => o.bid && o.bid.price > 3', { kind: 'filter' }), ['{bid{price}}']);
});

test('usage: what is read for an effect is read whatever is demanded of the result', () => {
  const lowered = lowerLambda('o => ({ a: o.x, b: send(o.y), c: o.z + 1 })', options);
  assert.is(showUsage(lowered.usage[0]), '{y}');
  const { result, params } = lowered.inline!;
  assert.equal(resultDemand(result, { fields: { c: 'all' } }, params).map(showUsage), ['{y, z}']);
});

test('usage: calls of functions without effects may be left out', () => {
  const { inline, usage } = lowerLambda(
    'o => ({ a: price(o), b: loop(o.n), c: count(o.xs), d: o.d })',
    options,
  );
  assert.is(showUsage(usage[0]), '{n{left, value}, xs}'); // loop calls itself, count changes its argument
  const { result, params } = inline!;
  const demand: Usage = { fields: { d: 'all' } };
  assert.equal(resultDemand(result, demand, params).map(showUsage), ['{d, n{left, value}, xs}']);
});

test('usage: overridden fields of a spread are not read', () => {
  const { result } = lowerLambda('o => ({ ...o, amount: 2 })', options).inline!;
  const demand: Usage = { fields: { user: 'all', amount: 'all' } };
  assert.equal(resultDemand(result, demand, 1).map(showUsage), ['{user}']);
});

const effects: readonly (readonly [code: string, mutates: boolean, retains: boolean])[] = [
  ['o => o', false, false],
  ['o => ({ ...o, tags: [...o.tags, 1] })', false, false],
  ['o => { const copy = { ...o }; return copy; }', false, false],
  ['o => [o.a, o.b].sort()', true, false], // sorted array may hold them; conservative
  ['o => o.tags.slice().length', false, false],
  ['o => { o.n = 1; return o; }', true, false],
  ['o => { o.n++; return o; }', true, false],
  ['o => { delete o.n; return o; }', true, false],
  ['o => { const a = o.address; a.city = "x"; return o; }', true, false],
  ['o => { let a = null; a = o.address; a.city = "x"; return o; }', true, false],
  ['o => { o.tags.push(1); return o; }', true, false],
  ['o => { for (const t of o.items) t.n = 1; return o; }', true, false],
  ['o => { o.items.forEach(t => { t.n = 1; }); return o; }', true, false],
  ['o => { o.when.setHours(0); return o; }', true, false],
  ['({ address }) => { address.city = "x"; return 1; }', true, false],
  ['({ id, ...rest }) => { rest.inner.n = 1; return rest; }', true, false],
  ['o => { const box = { o }; box.o.n = 1; return 1; }', true, false],
  ['o => send(o)', true, true],
  ['o => send(`${o.a}`)', false, false],
  ['o => String(o.a) + Math.max(o.b, 1)', false, false],
  ['o => count(o)', true, false],
  ['o => price(o)', false, false],
  ['o => { keep(o); return 1; }', false, true],
  ['o => { k = o; return 1; }', false, true],
  ['o => { k.last = o; return 1; }', false, true],
  ['o => { k.push(o); return 1; }', false, true],
  ['o => { k.update({ o }); return 1; }', false, true],
  ['o => () => o.x', false, true],
  ['o => o.xs.filter(x => x > o.min)', false, false],
  ['o => { const w = o.xs; w.length; return w; }', false, false],
  ['(o, out) => { out.collect(o); }', false, false],
  ['o => new Wrapper(o)', true, true],
  ['o => new Date(o.ts)', false, false],
];
for (const [code, mutates, retains] of effects) {
  test(`effects: ${code}`, () => {
    const lowered = lowerLambda(code.replace('Wrapper', 'send'), options);
    assert.equal([lowered.mutates[0], lowered.retains[0]], [mutates, retains]);
  });
}

test('effects are told apart by parameter', () => {
  const lowered = lowerLambda('(acc, o) => { acc.sum += o.n; return acc; }', { ...options, kind: 'reduce' });
  assert.equal(lowered.mutates, [true, false]);
  assert.is(showUsage(lowered.usage[1]), '{n}');
});

const collectors: readonly (readonly [code: string, simple: boolean])[] = [
  ['(o, out) => { if (o.a) { out.collect(o.a); } }', true],
  ['(o, out) => o.xs.forEach(x => out.collect(x))', false],
  ['(o, out) => send(out)', false],
  ['(o, out) => { const c = out; c.collect(o); }', false],
  ['o => o', false],
];
for (const [code, simple] of collectors) {
  test(`collector: ${code}`, () => {
    assert.is(lowerLambda(code, { ...options, kind: 'flatMap' }).collectorIsSimple, simple);
  });
}

const takings: readonly (readonly [code: string, taken: readonly (number | null)[] | undefined])[] = [
  ['(users, [bid], out) => { for (const u of users) if (bid) out.collect(u); }', [null, 1, null]],
  ['(users, [, second], out) => out.collect(second)', [0, 2, null]],
  ['(users, [bid, ...others], out) => out.collect([users, bid, others])', undefined],
  ['(users, bids, out) => { const [u] = users; const [a, b] = bids; out.collect([u, a, b]); }', [1, 2, null]],
  [
    '(users, bids, out) => { const [u] = users; const [, v] = users; out.collect([u, v, bids]); }',
    [2, null, null],
  ],
  ['(users, bids, out) => { const [u] = users; send(() => users.length); out.collect(bids); }', undefined],
  ['(users, bids, out) => { const [u, ...others] = users; out.collect([u, others, bids]); }', undefined],
  ['(users, bids, out) => { users = k; const [u] = users; out.collect([u, bids]); }', undefined],
  ['(users, bids, out) => { const n = users.length; out.collect([n, bids]); }', undefined],
  ['function (users, [bid], out) { out.collect([...arguments[1], bid]); }', undefined],
];
for (const [code, taken] of takings) {
  test(`elements taken: ${code}`, () => {
    assert.equal(lowerLambda(code, { ...options, kind: 'flatMap' }).taken, taken);
  });
}
const choices: readonly (readonly [code: string, condition: string | null])[] = [
  ['(a, b) => a.n >= b.n ? a : b', '0 {n} 1 {n}'],
  ['(a, b) => (b.n > a.n ? b : a)', '0 {n} 1 {n}'],
  ['(a, b) => { if (a.user.age < b.user.age) return b; return a; }', '0 {user{age}} 1 {user{age}}'],
  ['(a, b) => { const { n } = b; return n > 3 ? a : b; }', '0 - 1 {n}'],
  ['(a, b) => a.n > b.n ? a : { ...b }', null],
  ['(a, b) => a.n > b.n ? a.user : b.user', null],
  ['(a, b) => a.n > b.n ? a : b ?? a', null],
];
for (const [code, condition] of choices) {
  test(`choice: ${code}`, () => {
    const { inline } = lowerLambda(code, { ...options, kind: 'reduce' });
    const result = inline!.result;
    if (condition === null || result.kind !== 'expression' || !result.choice) {
      assert.is('choice' in result, condition !== null);
      return;
    }
    const show = (usage: readonly Usage[]): string => usage.map((u, i) => `${i} ${showUsage(u)}`).join(' ');
    assert.is(show(result.usage), condition, 'what the condition reads');
    const demanded = resultDemand(result, { fields: { x: 'all' } }, 2);
    const both = (part: string): Usage => ({ fields: { [part]: 'all' } });
    assert.equal(
      demanded,
      result.usage.map(u => joinUsage(u, both('x'))),
      'both may be the result',
    );
    assert.equal(new Set([result.choice.chosen, result.choice.otherwise]), new Set([0, 1]));
  });
}

test.run();
