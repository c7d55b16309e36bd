import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { LoweredFn } from '../../compiler/ir/lambda.js';
import type { Captures, SiteId, Value } from '../../compiler/ir/value.js';
import { fn, lower, show, showInline, showUsage, type Files } from './program.js';

const instance = (captures: Captures = {}, site = 'main.ts#Fn'): Value => ({
  t: 'new',
  id: 0,
  ctor: { t: 'class', id: 1, site: site as SiteId, captures },
  args: [],
  patch: [],
  at: null,
});

function methodsOf(text: string, value: Value, files: Files = {}): Readonly<Record<string, LoweredFn>> {
  const { program, log } = lower({ 'main.ts': text, ...files }, [{ kind: 'process', fn: value }]);
  assert.equal(
    log.all.map(d => d.message),
    [],
  );
  return program.methods.get(value)!;
}

test('methods of a class that do not use this can be inlined', () => {
  const methods = methodsOf(
    `class Fn {
  static make() { return new Fn(); }
  createAccumulator() { return { sum: 0 }; }
  add(v, acc) { return { sum: acc.sum + v.price * RATE }; }
  getResult(acc) { return this.round(acc.sum); }
  round(n) { return Math.round(n); }
}
const RATE = 2;`,
    instance({ RATE: { t: 'primitive', value: 2 } }),
  );
  assert.equal(Object.keys(methods), ['add', 'createAccumulator', 'getResult', 'round']);
  assert.is(showInline(methods['add']!), '{ sum: ⟨1.sum⟩ + ⟨0.price⟩ * ⟪RATE⟫ }');
  assert.is(
    show(methods['add']!.lifted!),
    'function (v, acc) { return { sum: acc.sum + v.price * ⟪RATE⟫ }; }',
  );
  assert.equal(methods['add']!.bindings, { RATE: { kind: 'value', value: { t: 'primitive', value: 2 } } });
  assert.is(methods['getResult']!.inline, null);
  assert.is(methods['getResult']!.lifted, null);
});

test('methods that use this still tell what they read and change', () => {
  const methods = methodsOf(
    `class Base { bump(v) { return v.amount + this.n; } keep(v) { this.last = v; } }
class Fn extends Base {
  n = 0;
  processElement(value, ctx, out) { out.collect({ user: value.user, sum: this.bump(value) }); }
  onTimer(time, ctx, out) { this.keep(ctx); }
}`,
    instance(),
  );
  const { processElement, keep } = methods;
  assert.is(showUsage(processElement!.usage[0]), '{amount, user}');
  assert.equal([processElement!.mutates[0], processElement!.retains[0]], [false, false]);
  assert.equal([keep!.mutates[0], keep!.retains[0]], [false, true]);
  assert.ok(processElement!.collectorIsSimple);
});

test('a method that a subclass overrides is the one that counts', () => {
  const methods = methodsOf(
    `class Base { pick(v) { return v.a; } processElement(v) { return this.pick(v); } }
class Fn extends Base { pick(v) { return v.b; } }`,
    instance(),
  );
  assert.is(showUsage(methods['processElement']!.usage[0]), '{b}');
});

test('bases are found in other modules', () => {
  const methods = methodsOf(
    `import { Base } from './base.js';\nclass Fn extends Base { processElement(v) { return this.pick(v); } }`,
    instance(),
    { 'base.ts': 'export class Base { pick(v) { return v.c; } }' },
  );
  assert.is(showUsage(methods['processElement']!.usage[0]), '{c}');
});

test('methods of an object literal, this included', () => {
  const value: Value = {
    t: 'object',
    id: 0,
    entries: [
      ['add', { t: 'function', id: 1, site: 'main.ts#main.add' as SiteId, captures: {} }],
      ['getResult', { t: 'function', id: 2, site: 'main.ts#main.getResult' as SiteId, captures: {} }],
    ],
  };
  const methods = methodsOf(
    `export function main() { return { add(v, acc) { return acc + v.n; }, getResult(acc) { return this.scale(acc); } }; }`,
    value,
  );
  assert.is(showInline(methods['add']!), '⟨1⟩ + ⟨0.n⟩');
  assert.is(show(methods['getResult']!.lifted!), 'function (acc) { return this.scale(acc); }');
});

test('a class declared inside a function is lifted with its captures', () => {
  const text = `export function main(limit) { class Fn { processElement(v, ctx, out) { if (v.n > limit) out.collect(v); } } return new Fn(); }`;
  const value = instance({ limit: { t: 'primitive', value: 3 } }, 'main.ts#main.Fn');
  const { program } = lower({ 'main.ts': text }, [{ kind: 'process', fn: value }]);
  const lowered = program.functions.get((value as Extract<Value, { t: 'new' }>).ctor)!;
  assert.is(lowered.reference, null);
  assert.match(show(lowered.lifted!), /^class Fn \{.*v\.n > ⟪limit⟫/);
});

test('functions in arguments of library objects are lowered', () => {
  const assigner = fn('main.ts#main.f');
  const strategy: Value = {
    t: 'api',
    id: 0,
    module: 'flinkc',
    name: 'WatermarkStrategy',
    args: [assigner],
    at: null,
  };
  const text = 'export function main() { const f = (o, ts) => o.time; return f; }';
  const { program } = lower({ 'main.ts': text }, [{ kind: 'map', fn: strategy }]);
  assert.is(showInline(program.functions.get(assigner)!), 'path 0.time');
});

test('names and texts of all modules are handed on', () => {
  const text =
    'type Order = { a: number };\nexport function main() { const f = (o: Order) => o.a; return f; }';
  const { program } = lower({ 'main.ts': text }, [{ kind: 'map', fn: fn('main.ts#main.f') }]);
  assert.equal([...program.reservedNames].sort(), ['Order', 'a', 'f', 'main', 'o']);
  assert.is(program.sources.get('main.ts'), text);
});

test.run();
