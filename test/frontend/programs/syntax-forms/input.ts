/** Forms that the instrumenter must not change the meaning of: `check` throws where it did. */
import { createEnvironment } from 'flinkc';
import anonymous, { declaredBelow } from './defaults.js';
import AnonymousClass from './default-class.js';

function check(what: string, actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) {
    throw new Error(`${what}: ${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`);
  }
}
const arrow = (..._: unknown[]) => 1;
const holder = { property: () => 2, method() { return 3; }, 'quoted name'() { return 4; }, *generator() { yield 5; }, async later() { return 6; }, get accessor() { return () => 7; } };
check('names', [arrow.name, holder.property.name, holder.method.name, (class {}).name, function named() {}.name], ['arrow', 'property', 'method', '', 'named']);
check('calls', [holder.method(), holder['quoted name'](), [...holder.generator()], await holder.later(), holder.accessor()], [3, 4, [5], 6, 7]);
check('default exports', [anonymous(1), anonymous.name, declaredBelow, new AnonymousClass().value, AnonymousClass.name], [2, 'default', 'below', 9, 'default']);

class Base<T> {
  static count = 0;
  static #secret = 1;
  static { Base.count = Base.#secret + 1; }
  #value: T;
  onClick = () => this.#value;
  constructor(value: T, ..._rest: unknown[]) { this.#value = value; }
  get value() { return this.#value; }
  set value(value) { this.#value = value; }
  static of<V>(value: V) { return new this<V>(value); }
  clone() { return new (this.constructor as typeof Base<T>)(this.#value); }
}
class Derived extends (class extends Base<number> { extra = 1; }) {
  target: string;
  constructor() { super(...([4] as const)); this.target = new.target.name; }
  override get value() { return super.value + 1; }
}
check('classes', [Base.count, Base.of('x').value, new Base(1).clone().onClick(), new Derived().value, new Derived().target], [2, 'x', 1, 5, 'Derived']);
const registry = { inner: { Map, Base } };
const make = () => Map;
check('new', [new registry.inner.Map<string, number>([['a', 1]]).size, new (make())<string, string>().size, new Date(0).getTime(), new Base<Map<string, number>>(new Map([['b', new Base(2).value]])).value.get('b')], [1, 0, 0, 2]);
// eslint-disable-next-line new-parens
check('new without arguments', [new Set().size, new Array(/* three ) */ 3).length, new (class { x = 1 })().x], [0, 3, 1]);

namespace Shapes {
  export const sides = 4;
  export function area(n: number) { return n * sides; }
}
enum Level { Low = 1, High = Low * 10 }
check('namespaces and enums', [Shapes.area(2), Level.High, Level[10]], [8, 10, 'High']);

function pick(n: number): string {
  switch (n) {
    case 1: {
      return inBlock();
      function inBlock() { return 'block'; }
    }
    default:
      return inClause();
      function inClause() { return 'clause'; }
  }
}
outer: for (const i of [1, 2]) for (const j of [1, 2]) if (i + j === 3) break outer;
check('statements', [pick(1), pick(2)], ['block', 'clause']);

const tag = (parts: TemplateStringsArray, ...values: (() => number)[]) => parts.join('?') + values.map(v => v()).join();
const maybe: { map?: (f: (n: number) => number) => number } = {};
const { a = () => 'a', ...others } = { b: () => 'b' } as { a?: () => string; b: () => string };
let assigned = (() => 0) as () => number;
[assigned] = [() => 1];
({ assigned } = { assigned: () => assigned === undefined ? 0 : 2 });
check('expressions', [tag`x${() => 1}y${() => 2}`, maybe.map?.(n => n) ?? null, a(), others.b(), assigned(), (maybe.map ?? arrow)(n => n), [3, 1, 2].map(n => ({ n })).filter(({ n }) => n > 1).reduce((sum, { n }) => sum + n, 0)], ['x?y?1,2', null, 'a', 'b', 2, 1, 5]);
const nested = [1, 2].map(x => [x].map(y => [y].map(z => x + y + z)));
check('nested', nested, [[[3]], [[6]]]);
check('recursion', (function down(n: number): number { return n === 0 ? 0 : down(n - 1); })(3), 0);
check('import.meta', new URL('./x', import.meta.url).pathname.endsWith('/x'), true);
const immediately = await (async () => { for await (const x of (async function* () { yield 1; })()) return x; return 0; })();
check('async', immediately, 1);
const parameters = function (this: { n: number }, x = () => this.n, { y = (v: number) => v * 2 } = {}) { return y(x()) + arguments.length; };
check('parameters', parameters.call({ n: 4 }), 8);
check('type syntax', [(<T,>(x: T) => x)(1) satisfies number as number, ((x: unknown): x is string => true)('')], [1, true]);

const env = createEnvironment();
env.fromData([1]).map(n => n + arrow()).print();
await env.execute('syntax');
