import { runInThisContext } from 'node:vm';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { build } from 'esbuild';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Binding, LoweredProgram } from '../../compiler/ir/lambda.js';
import type { Captures, Value } from '../../compiler/ir/value.js';
import { fn, lower, type Files } from './program.js';

const api = `import { StreamExecutionEnvironment } from 'flinkc';\n`;
const imported = (name: string): Value => ({ t: 'import', from: 'lib', name });

function lowerMain(
  files: Files,
  captures: Captures = {},
  site = 'main.ts#main.f',
): { program: LoweredProgram; errors: string[]; bindings: Readonly<Record<string, Binding>> } {
  const value = fn(site, captures);
  const { program, log } = lower(files, [{ kind: 'map', fn: value }]);
  return {
    program,
    errors: log.all.map(d => `${d.code} ${d.message}`),
    bindings: program.functions.get(value)!.bindings,
  };
}

/** A module that captures `expression` inside main(). */
const using = (expression: string): string =>
  `export function main() { const f = (o) => ${expression}; return f; }\n`;

/** Bundles the slices as the artifact will, and evaluates an expression over one module's exports. */
async function evaluate(program: LoweredProgram, module: string, expression: string): Promise<unknown> {
  const result = await build({
    stdin: {
      contents: `import * as m from ${JSON.stringify(`user:${module}`)};\nmodule.exports = ${expression};`,
      loader: 'ts',
    },
    bundle: true,
    format: 'cjs',
    write: false,
    logLevel: 'silent',
    plugins: [
      {
        name: 'slices',
        setup(b) {
          b.onResolve({ filter: /^user:/ }, args => ({ path: args.path.slice(5), namespace: 'user' }));
          b.onLoad({ filter: /./, namespace: 'user' }, args => ({
            contents: program.slices.find(s => s.module === args.path)!.code,
            loader: 'ts',
          }));
        },
      },
    ],
  });
  return runInThisContext(
    `(() => { const module = {}; ${result.outputFiles[0]!.text}\nreturn module.exports; })()`,
  );
}

test('slice: helpers with what they need, without statements that build the graph', async () => {
  const { program, bindings, errors } = lowerMain({
    'main.ts': `${api}import type { Order } from './types.js';
interface Local { a: number }
type Alias = Local;
const env = StreamExecutionEnvironment.getExecutionEnvironment(), RATE = { eur: 1.1 };
export const unused = () => env;
export function convert(o: { amount: number }): number { return round(o.amount * RATE.eur); }
const round = (x: number): number => Math.round(x * 100) / 100;
env.fromElements(1).map(convert);
${using('convert(o)')}
await env.execute();
`,
  });
  assert.equal(errors, []);
  assert.equal(bindings['convert'], { kind: 'module', module: 'main.ts', exportName: 'convert' });
  const [slice] = program.slices;
  assert.equal(slice!.exports, ['convert']);
  assert.not.match(slice!.code, /env|Local|Alias|main|types/);
  assert.is(await evaluate(program, 'main.ts', 'm.convert({ amount: 10 })'), 11);
});

test('slice: statements that fill kept data stay, others go', async () => {
  const { program } = lowerMain({
    'main.ts': `const table = new Map<string, number>();
const other = new Map<string, number>();
for (const [i, name] of ['a', 'b'].entries()) { table.set(name, i); }
other.set('x', 1);
if (table.size > 1) table.set('c', 9);
console.log(table.size);
fill(table);
function fill(t: Map<string, number>) { t.set('d', 4); }
const look = (k: string) => table.get(k);
${using('look(o)')}`,
  });
  const { code } = program.slices[0]!;
  assert.not.match(code, /other|console/);
  assert.equal(await evaluate(program, 'main.ts', `['a', 'b', 'c', 'd'].map(m.look)`), [0, 1, 9, 4]);
});

test('slice: functions, scalars and what flinkc makes are not filled by the statements they are given to', () => {
  const { program, errors } = lowerMain({
    'main.ts': `import { createEnvironment, OutputTag } from 'flinkc';
const late = new OutputTag<string>('late');
const isOpen = (o: string) => o !== 'closed';
const size = 10;
const env = createEnvironment();
const orders = env.fromData(['open']);
orders.filter(isOpen).getSideOutput(late).countWindowAll(size).print();
const look = (o: string) => isOpen(o) ? late : size;
${using('look(o)')}`,
  });
  assert.equal(errors, []);
  assert.not.match(program.slices[0]!.code, /env|orders/);
});

test('slice: re-exports, renames, defaults and namespaces are followed across modules', async () => {
  const { program, bindings, errors } = lowerMain({
    'main.ts': `import make, { twice as double, Kind } from './lib/index.js';
import * as text from './lib/text.js';
${using('[double(o), make(o), text.up("x"), Kind.B]')}`,
    'lib/index.ts': `export { duplicate as twice } from './math.js';
export { default } from './make.js';
export * from './kind.js';
export type { T } from './types.js';`,
    'lib/math.ts': `import { factor } from './factor.js';\nexport const duplicate = (x: number) => x * factor;\nexport const half = 0.5;`,
    'lib/factor.ts': `export const factor = 2;`,
    'lib/make.ts': `export default function (x: number) { return { made: x }; }`,
    'lib/kind.ts': `export enum Kind { A = 1, B }`,
    'lib/text.ts': `export function up(s: string) { return s.toUpperCase(); }\nexport function down(s: string) { return s; }`,
    'lib/types.ts': `export type T = 1;`,
  });
  assert.equal(errors, []);
  assert.equal(bindings, {
    double: { kind: 'module', module: 'lib/math.ts', exportName: 'duplicate' },
    make: { kind: 'module', module: 'lib/make.ts', exportName: 'default' },
    Kind: { kind: 'module', module: 'lib/kind.ts', exportName: 'Kind' },
    text: { kind: 'module', module: 'lib/text.ts', exportName: '*' },
  });
  assert.equal(
    program.slices.map(s => `${s.module}: ${s.exports.join(' ')}`),
    [
      'lib/factor.ts: factor',
      'lib/kind.ts: Kind',
      'lib/make.ts: default',
      'lib/math.ts: duplicate',
      'lib/text.ts: up',
    ],
  );
  assert.is(await evaluate(program, 'lib/math.ts', 'm.duplicate(4)'), 8);
  assert.equal(await evaluate(program, 'lib/make.ts', 'm.default(1)'), { made: 1 });
  assert.is(await evaluate(program, 'lib/kind.ts', 'm.Kind.B'), 2);
  assert.is(await evaluate(program, 'lib/text.ts', 'm.up("x")'), 'X');
});

test('slice: a namespace import inside a slice brings the names it reads', async () => {
  const { program } = lowerMain({
    'main.ts': `import * as text from './text.js';\nconst shout = (s: string) => text.up(s);\n${using('shout(o)')}`,
    'text.ts': `export function up(s: string) { return s.toUpperCase(); }\nexport function down(s: string) { return s; }`,
  });
  assert.is(await evaluate(program, 'main.ts', 'm.shout("x")'), 'X');
  assert.equal(program.slices[1]!.exports, ['up']);
});

test('a namespace that is used as a whole is refused rather than cut down', () => {
  const { errors } = lowerMain({
    'main.ts': `import * as all from './all.js';\n${using('Object.keys(all).length')}`,
    'all.ts': `export const a = 1;`,
  });
  assert.is(errors.length, 1);
  assert.match(errors[0]!, /^FC1402 'all' cannot be used inside an operator: 'all' is used as a whole/);
});

test('slice: a namespace has the names of the module, wherever they are declared', async () => {
  const { program, errors } = lowerMain({
    'main.ts': `import * as all from './all.js';\nconst use = (n: number) => [all.twice(n), all.half, all.make(n), all.own];\n${using('use(o)')}`,
    'all.ts': `export { duplicate as twice, half } from './math.js';\nexport { default as make } from './make.js';\nconst mine = 1;\nexport { mine as own };\nexport const unused = 2;`,
    'math.ts': `export const duplicate = (x: number) => x * 2;\nexport const half = 0.5;`,
    'make.ts': `export default (x: number) => [x];`,
  });
  assert.equal(errors, []);
  assert.equal(await evaluate(program, 'main.ts', 'm.use(4)'), [8, 0.5, [4], 1]);
  assert.not.match(program.slices.find(s => s.module === 'all.ts')!.code, /unused/);
});

test('slice: classes bring their bases, external packages stay', () => {
  const { program, errors } = lowerMain({
    'main.ts': `import { KeyedProcessFunction, ValueStateDescriptor } from 'flinkc';
import { slug as toSlug } from 'tinylib';
abstract class Base extends KeyedProcessFunction<string, number, string> { readonly d = new ValueStateDescriptor<number>('n'); }
export default class Alert extends Base { name() { return toSlug('x'); } }
${using('new Alert()')}`,
  });
  assert.equal(errors, []);
  const { code, exports } = program.slices[0]!;
  assert.match(code, 'import { slug as toSlug } from "tinylib";');
  assert.match(code, 'import { KeyedProcessFunction } from "flinkc";');
  assert.match(code, '\nabstract class Base');
  assert.match(code, '\nclass Alert extends Base');
  assert.equal(exports, ['Alert']);
});

const table: Value = { t: 'array', id: 1, items: [{ t: 'primitive', value: 3 }] };
const byValue: readonly (readonly [why: string, declaration: string])[] = [
  ['waits', 'const table = await Promise.resolve([3]);'],
  ['reads the environment', 'const table = [process.env.N];'],
  ['reads the clock', 'const table = [Date.now()];'],
  [
    'reads the clock in a function it calls',
    'const table = make();\nfunction make() { return [new Date()]; }',
  ],
  ['is random', 'const table = [Math.random()];'],
  ['does I/O', "import { readFileSync } from 'node:fs';\nconst table = [readFileSync('x')];"],
  ['is assigned again', 'let table = [1]; table = [3];'],
  ['is filled by a function', 'const table: number[] = [];\nfunction load() { table.push(3); }\nload();'],
  ['is filled from the environment', 'const table: unknown[] = [];\ntable.push(process.env.N);'],
  [
    'is made by the stream API',
    `${api}const table = [StreamExecutionEnvironment.getExecutionEnvironment()];`,
  ],
  ['depends on such a value', 'const now = Date.now();\nconst table = [now];'],
];
for (const [why, declaration] of byValue) {
  test(`a const goes by value when it ${why}`, () => {
    const { program, bindings } = lowerMain(
      { 'main.ts': `${declaration}\n${using('table[0] + o')}` },
      { table },
    );
    assert.equal(bindings['table'], { kind: 'value', value: table });
    assert.equal(program.slices, []);
  });
}

test('a const of plain literals goes by reference, a scalar by value', () => {
  const files = { 'main.ts': `const table = [3];\nconst n = 5;\n${using('table[n]')}` };
  const { bindings } = lowerMain(files, { table, n: { t: 'primitive', value: 5 } });
  assert.equal(bindings, {
    n: { kind: 'value', value: { t: 'primitive', value: 5 } },
    table: { kind: 'module', module: 'main.ts', exportName: 'table' },
  });
});

test('a helper whose data cannot be evaluated again is lifted with the data', () => {
  const look = fn('main.ts#look', { table });
  const { program, bindings } = lowerMain(
    { 'main.ts': `const table = await load();\nconst look = (k: number) => table[k];\n${using('look(o)')}` },
    { look },
  );
  assert.equal(bindings['look'], { kind: 'value', value: look });
  const lowered = program.functions.get(look)!;
  assert.is(lowered.reference, null);
  assert.equal(lowered.bindings['table'], { kind: 'value', value: table });
});

test('a module-level function is referred to; what it captures need not be shippable', () => {
  const { program, errors } = lowerMain(
    { 'main.ts': `const home = new URL('http://x');\nexport const f = (o) => home.href + o;\n` },
    { home: { t: 'unshippable', path: 'f → home', why: 'an instance of URL', code: 'FC1104' } },
    'main.ts#f',
  );
  assert.equal(errors, []);
  const lowered = [...program.functions.values()][0]!;
  assert.equal(lowered.reference, { module: 'main.ts', exportName: 'f' });
});

const problems: readonly (readonly [name: string, text: string, captures: Captures, expected: RegExp])[] = [
  [
    'an unshippable local',
    using('u.href').replace('const f', 'const u = new URL("x"); const f'),
    { u: { t: 'unshippable', path: 'fn → u', why: 'an instance of URL', code: 'FC1104' } },
    /^FC1104 .*fn → u.*an instance of URL/,
  ],
  [
    'a stream',
    `${api}const orders = StreamExecutionEnvironment.getExecutionEnvironment().fromElements(1);\n${using('orders')}`,
    { orders: { t: 'unshippable', path: 'fn → orders', why: 'DataStream', code: 'FC1105' } },
    /^FC1105 .*orders/,
  ],
];
for (const [name, text, captures, expected] of problems) {
  test(`error: ${name}`, () => {
    const { errors } = lowerMain({ 'main.ts': text }, captures);
    assert.is(errors.length, 1);
    assert.match(errors[0]!, expected);
  });
}

test('error: functions that capture each other', () => {
  const text = `export function main() { const even = n => n === 0 || odd(n - 1); const odd = n => n !== 0 && even(n - 1); const f = o => even(o); return f; }`;
  const odd = {
    t: 'function' as const,
    id: 2,
    site: 'main.ts#main.odd' as never,
    captures: { even: { t: 'ref' as const, id: 1 } },
  };
  const even = { t: 'function' as const, id: 1, site: 'main.ts#main.even' as never, captures: { odd } };
  const { errors } = lowerMain({ 'main.ts': text }, { even });
  assert.is(errors.length, 1);
  assert.is(errors[0]!.slice(0, 13), "FC1405 'even'");
});

test('a local function that calls itself is lifted under its own name', () => {
  const text = `export function main() { const fact = n => (n < 2 ? 1 : n * fact(n - 1)); const f = o => fact(o); return f; }`;
  const fact = {
    t: 'function' as const,
    id: 1,
    site: 'main.ts#main.fact' as never,
    captures: { fact: { t: 'ref' as const, id: 1 } },
  };
  const { program, errors } = lowerMain({ 'main.ts': text }, { fact });
  assert.equal(errors, []);
  const { lifted, bindings } = program.functions.get(fact)!;
  assert.equal(bindings, {});
  assert.is(runInThisContext(lifted!.map(f => ('text' in f ? f.text : '')).join(''))(5), 120);
});

test('source map: every word of a slice maps to itself in the module', () => {
  const main = `${api}
import { clamp } from './clamp.js';
const env = StreamExecutionEnvironment.getExecutionEnvironment();   const LIMITS = { low: 1,
  high: 10 }, spare = env;
/** says why */
export const bounded = (value: number): number =>
  clamp(value, LIMITS.low, LIMITS.high) + \`\${value}
    second \${LIMITS.low}\`.length;
${using('bounded(o)')}`;
  const files: Files = {
    'main.ts': main,
    'clamp.ts': `export function clamp(x: number, a: number, b: number) { if (x < 0) throw new Error('negative'); return Math.min(b, Math.max(a, x)); }\n`,
  };
  const { program } = lowerMain(files, { clamp: imported('clamp') });
  let probes = 0;
  for (const slice of program.slices) {
    const map = new TraceMap(slice.map);
    const original = files[slice.module]!.split('\n');
    slice.code.split('\n').forEach((text, line) => {
      if (/^(import|export \{)/.test(text)) return;
      for (const word of text.matchAll(/\b[A-Za-z]\w*/g)) {
        const at = originalPositionFor(map, { line: line + 1, column: word.index });
        if (at.line === null) continue; // keyword or inside a token
        const found = original[at.line - 1]!.slice(at.column);
        if (found.startsWith(word[0])) probes++;
        else
          assert.ok(
            isKeywordOrInside(text, word.index),
            `${slice.module}: '${word[0]}' maps to '${found.slice(0, 20)}'`,
          );
      }
    });
  }
  assert.ok(probes >= 40, `${probes} words probed`);
});

/** Keywords, and words inside strings, comments and templates belong to the token they stand in. */
function isKeywordOrInside(line: string, at: number): boolean {
  const word = /^\w+/.exec(line.slice(at))![0];
  return /^(?:const|export|return|function|if|throw|new|says|why|second|length|negative)$/.test(word);
}

test.run();
