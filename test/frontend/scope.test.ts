import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { UserModules } from '../../compiler/1-frontend/modules.js';
import { loadSyntax } from '../../compiler/1-frontend/syntax.js';

const modules = new UserModules(await loadSyntax(), '/');
/** Free names of every site of a module: `name:scope`, `!` when written. */
function free(text: string): Record<string, string[]> {
  const { sites } = modules.load('m.ts', text);
  return Object.fromEntries(
    [...sites.values()].map(s => [
      s.id.slice('m.ts#'.length),
      s.free.map(f => `${f.name}:${f.scope}${f.written ? '!' : ''}`),
    ]),
  );
}

const scope = suite('free variables');
scope('parameters, locals and hoisted names are bound', () => {
  assert.equal(
    free(
      `const f = (a, { b, c: [d = a] }, ...e) => { x(); var g = h; function x() {} let h; return a + b + d + e; };`,
    )['f'],
    [],
  );
});
scope('a var belongs to its function, a let to its block', () => {
  assert.equal(free(`let v = 1; const f = () => { { var v = 1; } return v; };`)['f'], []);
  assert.equal(free(`let v = 1; const f = () => { { let v = 1; } return v; };`)['f'], ['v:module']);
});
scope('locals of outer functions, module names, imports and globals are told apart', () => {
  const text = `import { i } from './x.js'; const m = 1; function outer(l) { return () => [l, m, i, Math]; }`;
  assert.equal(free(text)['outer.arrow'], ['Math:global', 'i:import', 'l:local', 'm:module']);
});
scope('writes by assignment, update, destructuring and for…of', () => {
  const text = `let a, b, c, d, e; const f = () => { a = 1; b++; [c] = [1]; ({ d } = {}); for (e of []); };`;
  assert.equal(free(text)['f'], ['a:module!', 'b:module!', 'c:module!', 'd:module!', 'e:module!']);
});
scope('property names, labels and types are no uses', () => {
  const text = `const x = 1; type T = typeof x; const f = (o: T) => { x1: for (;;) break x1; return o.x + { x: 2 }.x; };`;
  assert.equal(free(text)['f'], []);
});
scope('shorthand properties, computed names and defaults are uses', () => {
  const text = `const a = 1, b = 2, c = 3; const f = (o = a) => ({ b, [c]: o });`;
  assert.equal(free(text)['f'], ['a:module', 'b:module', 'c:module']);
});
scope('a named function expression and a class know themselves', () => {
  assert.equal(free(`const f = function g(n) { return g(n); };`)['f'], undefined);
  assert.equal(free(`const f = function g(n) { return g(n); };`)['g'], []);
  assert.equal(free(`class A { static of() { return new A(); } }`)['A'], []);
  assert.equal(free(`function r() { return r(); }`)['r'], ['r:module']);
});
scope('a class takes along what its bases, fields, methods and static blocks use', () => {
  const text = `const a = 1, b = 2, c = 3; class A extends B { x = a; m() { return b; } static { c; } } class B {}`;
  assert.equal(free(text)['A'], ['B:module', 'a:module', 'b:module', 'c:module']);
});
scope('type-only imports and declared names leave no binding', () => {
  const text = `import type { T } from './t.js'; import { type U } from './t.js'; declare const ambient: T; const f = () => ambient as U;`;
  assert.equal(free(text)['f'], ['ambient:global']);
  assert.equal(modules.load('m.ts', text).scopes.imports, []);
});
scope('arrows use the this of their surroundings, functions their own', () => {
  const { sites } = modules.load(
    'm.ts',
    `class A { m() { return [() => this, function () { return this; }, () => 1]; } }`,
  );
  assert.equal(
    [...sites.values()].filter(s => s.kind !== 'class').map(s => s.usesThis),
    [true, true, false],
  );
});
scope('site ids count equal names and survive edits elsewhere', () => {
  const ids = (text: string): string[] => [...modules.load('m.ts', text).sites.values()].map(s => s.id);
  assert.equal(ids(`s.map(a => a).map(b => b);`), ['m.ts#map', 'm.ts#map~1']);
  assert.equal(ids(`// a comment\nconst other = 1;\ns.map(a => a).map(b => b);`), ['m.ts#map', 'm.ts#map~1']);
});
scope.run();
