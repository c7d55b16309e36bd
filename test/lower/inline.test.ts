import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Captures, Value } from '../../compiler/ir/value.js';
import { lowerLambda, show, showInline, type OpSpec } from './program.js';

const inlined: readonly (readonly [code: string, expected: string, kind?: OpSpec['kind']])[] = [
  // paths
  ['o => o', 'path 0'],
  ['o => o.user', 'path 0.user'],
  ['o => o["user"].name', 'path 0.user.name'],
  ['o => (o as Order).user!', 'path 0.user'],
  ['o => o!.id satisfies string', 'path 0.id'],
  ['function (o) { return o.id; }', 'path 0.id'],
  ['o => { return o.id; }', 'path 0.id'],
  ['o => o[0]', '⟨0⟩[0]'],
  ['o => o.name.length', 'path 0.name.length'],
  // calls on fields
  ['o => o.name.trim()', '⟨0.name⟩.trim()'],
  ['o => o.describe()', 'impure ⟨0⟩.describe()'],
  ['o => o.tags.map(t => t + o.id)', '⟨0.tags⟩.map(‹t› => ‹t› + ⟨0.id⟩)'],
  // optional chaining: an absent struct ends the whole chain
  ['o => o.bid?.price', '(⟨?nullish 0.bid⟩ ? ⟨0.bid.price⟩ : undefined)'],
  ['o => o?.bid?.price', '(⟨?nullish 0⟩ && ⟨?nullish 0.bid⟩ ? ⟨0.bid.price⟩ : undefined)'],
  ['o => o.bid?.url.trim().length', '(⟨?nullish 0.bid⟩ ? ⟨0.bid.url⟩.trim().length : undefined)'],
  ['o => o.bid?.url!.length', '(⟨?nullish 0.bid⟩ ? ⟨0.bid.url.length⟩ : undefined)'],
  ['o => (o.bid?.url).length', '(⟨?nullish 0.bid⟩ ? ⟨0.bid.url⟩ : undefined).length'],
  ['o => o.name?.trim()', '⟨0.name⟩?.trim()'],
  ['o => (o.bid?.price ?? 0) > 3', '((⟨?nullish 0.bid⟩ ? ⟨0.bid.price⟩ : undefined) ?? 0) > 3'],
  // presence
  ['o => o.bid !== null', '⟨?null 0.bid⟩'],
  ['o => o.bid === undefined', '!⟨?undefined 0.bid⟩'],
  ['o => null != o.bid', '⟨?nullish 0.bid⟩'],
  ['o => o.bid ? o.bid.price : 0', '⟨?falsy 0.bid⟩ ? ⟨0.bid.price⟩ : 0'],
  ['o => !o.bid', '!⟨?falsy 0.bid⟩'],
  ['o => Boolean(o.bid)', '⟪Boolean⟫(⟨?falsy 0.bid⟩)'],
  ['o => o.bid && o.bid.price > 3', '⟨?falsy 0.bid⟩ && ⟨0.bid.price⟩ > 3', 'filter'],
  ['o => o.bid && o.bid.price', '⟨0.bid⟩ && ⟨0.bid.price⟩'],
  ['o => o.bid?.isHot', '(⟨?nullish 0.bid⟩ ? ⟨?falsy 0.bid.isHot⟩ : false)', 'filter'],
  ['o => o.a?.b !== undefined', '(⟨?nullish 0.a⟩ ? ⟨?undefined 0.a.b⟩ : false)'],
  ['o => o.a?.b === null', '!(⟨?nullish 0.a⟩ ? ⟨?null 0.a.b⟩ : true)'],
  [
    'o => o.xs.map(x => { if (o.bid) return x; return 0; })',
    '⟨0.xs⟩.map(‹x› => { if (⟨?falsy 0.bid⟩) return ‹x›; return 0; })',
  ],
  ['o => o.kind === "bid"', '⟨0.kind⟩ === "bid"', 'filter'],
  // object literals
  ['o => ({ ...o, amount: 2 })', '{ ...0, amount: 2 }'],
  ['o => ({ a: { b: o.x }, c: o.y + 1 })', '{ a: { b: path 0.x }, c: ⟨0.y⟩ + 1 }'],
  ['o => ({ ...o.address, "zip-code": o.zip })', '{ ...0.address, zip-code: path 0.zip }'],
  ['o => ({ [o.k]: 1 })', '({ [⟨0.k⟩]: 1 })'],
  ['o => ({ ...(o.a ?? {}), b: 1 })', '({ ...(⟨0.a⟩ ?? {}), b: 1 })'],
  ['o => ({ get a() { return 1; } })', '({ get a() { return 1; } })'],
  ['(a, b) => ({ ...b, n: a.n + b.n })', '{ ...1, n: ⟨0.n⟩ + ⟨1.n⟩ }', 'reduce'],
  ['o => (o.big ? { a: 1 } : { a: o.x })', '(⟨?falsy 0.big⟩ ? { a: 1 } : { a: ⟨0.x⟩ })'],
  // destructured parameters
  ['({ user, address: { city } }) => ({ user, city })', '{ user: path 0.user, city: path 0.address.city }'],
  ['({ user: u, ...rest }) => ({ ...rest, u })', '{ ...0 - user, u: path 0.user }'],
  ['({ user, ...rest }) => rest', '{ ...0 - user }'],
  ['({ user, ...rest }) => rest.amount + user', '⟨0.amount⟩ + ⟨0.user⟩'],
  [
    '({ user, ...rest }) => send(rest)',
    'const { "user": ‹omitted_user›, ...‹rest› } = ⟨0⟩; impure ⟪send⟫(‹rest›)',
  ],
  ['({ tags: [first] }) => first', 'const [‹first›] = ⟨0.tags⟩; ‹first›'],
  ['([a, b]) => a + b', 'const [‹a›, ‹b›] = ⟨0⟩; ‹a› + ‹b›'],
  ['({ z = 4 }) => z', 'const { v: ‹z› = 4 } = { v: ⟨0.z⟩ }; ‹z›'],
  ['({ a, [key]: v }) => a + v', 'const { ‹a!›, [⟪key⟫]: ‹v› } = ⟨0⟩; ⟨0.a⟩ + ‹v›'],
  ['({ user }) => [user].map(u => ({ user, u }))', '[⟨0.user⟩].map(‹u› => ({ user: ⟨0.user⟩, ‹u!› }))'],
  // const declarations before the return
  ['o => { const bid = o.bid!; return bid.price; }', 'path 0.bid.price'],
  ['o => { const t = o.a * 2; return { t, o: o.b }; }', 'const ‹t› = ⟨0.a⟩ * 2; { t: ‹t›, o: path 0.b }'],
  ['o => { const { a, b: { c } } = o; return a + c; }', '⟨0.a⟩ + ⟨0.b.c⟩'],
  ['o => { const { a = 1 } = o; return a; }', 'const { v: ‹a› = 1 } = { v: ⟨0.a⟩ }; ‹a›'],
  ['o => { const [x] = split(o.s); return x; }', 'const [‹x›] = ⟪split⟫(⟨0.s⟩); ‹x›'],
  [
    'o => o.xs.map(x => { const b = o.bid; return b.n + x; })',
    '⟨0.xs⟩.map(‹x› => {  return ⟨0.bid.n⟩ + ‹x›; })',
  ],
  ['o => { if (o.a) return 1; return 2; }', '(⟨?falsy 0.a⟩) ? (1) : (2)'],
  [
    'o => { if (o.a > 3) { return o.b; } else if (o.c) { return { d: o.d }; } else return null; }',
    '(⟨0.a⟩ > 3) ? (⟨0.b⟩) : ((⟨?falsy 0.c⟩) ? ({ d: ⟨0.d⟩ }) : (null))',
  ],
  [
    'o => { const bid = o.bid; if (!bid) return false; return bid.price > 3; }',
    '(!⟨?falsy 0.bid⟩) ? (false) : (⟨0.bid.price⟩ > 3)',
    'filter',
  ],
  // names
  ['o => ({ o: [1].map(o => o * 2), n: o.n })', '{ o: [1].map(‹o› => ‹o› * 2), n: path 0.n }'],
  ['x => [x].map(({ qty: x }) => x)[0]', '[⟨0⟩].map(({ qty: ‹x› }) => ‹x›)[0]'],
  ['x => [x].map(({ qty }) => qty)', '[⟨0⟩].map(({ ‹qty!› }) => ‹qty›)'],
  ['o => ({ ...o, limit })', '{ ...0, limit: ⟪limit⟫ }'],
  ['o => [{ limit }]', '[{ ⟪limit!⟫ }]'],
  [
    'o => (function f(n) { return n ? f(n - 1) : o.a; })(2)',
    'impure (function ‹f›(‹n›) { return ‹n› ? ‹f›(‹n› - 1) : ⟨0.a⟩; })(2)',
  ],
  ['<T extends Order>(o: T): T => ({ ...o, q: 1 as const })', '{ ...0, q: 1 as const }'],
  ['o => `a${`b${o.id}`}`', '`a${`b${⟨0.id⟩}`}`'],
  ['o => /[/*]"\'`/.test(o.id) ? 1 : 2', '/[/*]"\'`/.test(⟨0.id⟩) ? 1 : 2'],
  ['o => (o.q, o.id)', '(⟨0.q⟩, ⟨0.id⟩)'],
  ['o => ({ t: Date.now(), a: o.a })', '{ t: impure ⟪Date⟫.now(), a: path 0.a }'],
  ['o => new Date(o.ts).getUTCHours()', 'new ⟪Date⟫(⟨0.ts⟩).getUTCHours()'],
];
const captures: Captures = Object.fromEntries(
  ['limit', 'key', 'send', 'split'].map(name => [name, { t: 'import', from: 'lib', name }]),
);
for (const [code, expected, kind = 'map'] of inlined) {
  test(`inline: ${kind === 'map' ? '' : `${kind} `}${code}`, () => {
    const before = 'declare const Order: never;';
    const lowered = lowerLambda(code, { kind, before, captures, names: Object.keys(captures) });
    assert.is(showInline(lowered), expected);
  });
}

const called: readonly string[] = [
  'async o => o.x',
  'function* (o) { yield o; }',
  'function (o) { return arguments[0].x; }',
  '(o, n = 1) => o.x + n',
  '(...all) => all[0].x',
  'o => { if (o.a) return 1; }',
  'o => { if (o.a) return 1; const b = o.b; return b; }',
  'o => { for (const t of o.tags) return t; return 2; }',
  'o => { let n = o.a; return n; }',
  'o => o.tags.sort()',
  'o => (o.n = 2, o)',
  'o => o.count++',
  'o => () => o.x',
  'o => later(() => o.x)',
  'o => eval("o.x")',
  'o => o.xs.map(x => { const { a, b = 1 } = o; return a + b + x; })',
  'function f(o) { return o.n > 0 ? f({ n: o.n - 1 }) : o; }',
];
for (const code of called) {
  test(`not inlined: ${code}`, () => {
    const lowered = lowerLambda(code, {
      captures: { later: { t: 'import', from: 'lib', name: 'later' } },
      names: ['later'],
    });
    assert.is(lowered.inline, null);
    assert.ok(lowered.lifted);
  });
}

test('a lifted function keeps its text; only captured names are holes', () => {
  const lowered = lowerLambda(
    '(o: Order): number => { const limit = o.a; return limit + base + [{ base }].length; }',
    {
      captures: { base: { t: 'primitive', value: 4 } },
      names: ['base'],
    },
  );
  assert.is(
    show(lowered.lifted!),
    '(o: Order): number => { const limit = o.a; return limit + ⟪base⟫ + [{ ⟪base!⟫ }].length; }',
  );
  assert.equal(lowered.bindings, { base: { kind: 'value', value: { t: 'primitive', value: 4 } } });
});

test("an arrow's `this` is captured like a name", () => {
  const self: Value = { t: 'object', id: 1, entries: [['limit', { t: 'primitive', value: 3 }]] };
  const lowered = lowerLambda('o => o.a > this.limit && [1].some(() => this.limit)', {
    captures: { this: self },
  });
  assert.is(showInline(lowered), '⟨0.a⟩ > ⟪this⟫.limit && [1].some(() => ⟪this⟫.limit)');
  assert.is(show(lowered.lifted!), 'o => o.a > ⟪this⟫.limit && [1].some(() => ⟪this⟫.limit)');
  assert.equal(lowered.bindings, { this: { kind: 'value', value: self } });
});

test('text fragments carry their offset in the file', () => {
  const before = '// first line';
  const lowered = lowerLambda('o => o.a * 0.908', { before });
  const result = lowered.inline!.result;
  assert.is(result.kind, 'expression');
  const source = `${before}\nexport function main() {\n  const f = o => o.a * 0.908;`;
  const [field, text] = result.kind === 'expression' ? result.code : [];
  assert.equal(field, { kind: 'field', param: 0, path: ['a'], at: source.indexOf('o.a') });
  assert.equal(text, { kind: 'text', text: ' * 0.908', at: source.indexOf(' * 0.908') });
});

test.run();
