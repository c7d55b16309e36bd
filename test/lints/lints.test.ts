import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lintProgram } from '../../compiler/1-frontend/lints/index.js';
import { DiagnosticLog } from '../../compiler/diagnostics/diagnostic.js';
import type { Op } from '../../compiler/ir/graph.js';
import type { Captures, SiteId, Value } from '../../compiler/ir/value.js';
import { fn, program, type Files, type OpSpec } from '../lower/program.js';

const fnIn = (file: string, captures: Captures = {}): Value => fn(`${file}#main.f`, captures);

/** `FC3001 what the finding points at`, for a function `f` declared in main(). */
function lint(
  code: string,
  kind: OpSpec['kind'] | 'key' | 'async' = 'map',
  before = '',
  files: Files = {},
): readonly string[] {
  const text = `${before}\nexport function main() {\n  const f = ${code};\n  return f;\n}\n`;
  return lintValue(text, fnIn('main.ts'), kind, files);
}

/** A class `F` declared at module level, of which an instance is given to the operator. */
function lintClass(text: string, kind: OpSpec['kind'] = 'process'): readonly string[] {
  const ctor: Value = { t: 'class', id: 1, site: 'main.ts#F' as SiteId, captures: {} };
  return lintValue(text, { t: 'new', id: 0, ctor, args: [], patch: [], at: null }, kind);
}

function lintValue(
  text: string,
  value: Value,
  kind: OpSpec['kind'] | 'key' | 'async',
  files: Files = {},
): readonly string[] {
  const all = { 'main.ts': text, ...files };
  const isSpecial = kind === 'key' || kind === 'async';
  const { graph, modules } = program(all, isSpecial ? [] : [{ kind, fn: value }]);
  const log = new DiagnosticLog();
  lintProgram(isSpecial ? { ...graph, ops: [special(kind, value)] } : graph, modules, log);
  return log.all.map(d => `${d.code} ${all[d.at!.file as 'main.ts'].slice(d.at!.start, d.at!.end)}`);
}

function special(kind: 'key' | 'async', value: Value): Op {
  const [base] = program({}, [{ kind: 'map', fn: value }]).graph.ops;
  if (kind === 'async')
    return { ...base!, kind: 'asyncWait', fn: value, ordered: true, timeout: 1, capacity: 1, retry: null };
  const at = base!.origin;
  return {
    ...base!,
    kind: 'union',
    inputs: [{ from: 0, sideOutput: null, partition: { kind: 'hash', key: value, at } }],
  };
}

const found: readonly (readonly [
  code: string,
  expected: string,
  kind?: OpSpec['kind'] | 'key',
  before?: string,
])[] = [
  ['o => Date.now() - o.ts', 'FC3001 Date.now()'],
  ['o => new Date()', 'FC3001 new Date()'],
  ['o => performance.now()', 'FC3001 performance.now()'],
  ['o => Math.random() < 0.1', 'FC3002 Math.random()', 'filter'],
  ['o => crypto.randomUUID()', 'FC3002 crypto.randomUUID()'],
  ['o => randomUUID()', 'FC3002 randomUUID()', 'map', "import { randomUUID } from 'node:crypto';"],
  [
    'o => nodeCrypto.randomInt(3)',
    'FC3002 nodeCrypto.randomInt(3)',
    'map',
    "import * as nodeCrypto from 'crypto';",
  ],
  ['o => { seen.push(o.id); return o; }', 'FC3003 seen.push(o.id)', 'map', 'const seen = [];'],
  ['o => cache.set(o.id, 1)', 'FC3003 cache.set(o.id, 1)', 'map', 'const cache = new Map();'],
  ['o => { stats.n += 1; return o; }', 'FC3003 stats.n += 1', 'map', 'const stats = { n: 0 };'],
  ['o => { delete stats[o.k]; return o; }', 'FC3003 delete stats[o.k]', 'map', 'const stats = {};'],
  ['o => { globalThis.last = o.id; return o; }', 'FC3003 globalThis.last = o.id'],
  ['async o => o.ok', 'FC3004 async o => o.ok', 'filter'],
  ['o => load(o)', 'FC3004 load(o)', 'map', 'async function load(o) { return o; }'],
  ['o => { return load(o); }', 'FC3004 load(o)', 'map', 'const load = async o => o;'],
  ['async o => o.id', 'FC3004 async o => o.id', 'key'],
  ['o => { load(o); return o; }', 'FC3005 load(o);', 'map', 'async function load(o) { return o; }'],
  ['o => { void load(o); return o; }', 'FC3005 void load(o);', 'map', 'async function load(o) { return o; }'],
  [
    'o => { load(o).then(x => x, () => 0); return o; }',
    'FC3005 load(o).then(x => x, () => 0);',
    'map',
    'async function load(o) { return o; }',
  ],
  [
    'o => readFileSync(o.path)',
    'FC3006 readFileSync(o.path)',
    'map',
    "import { readFileSync } from 'node:fs';",
  ],
  ['o => fs.readFileSync(o.path)', 'FC3006 fs.readFileSync(o.path)', 'map', "import fs from 'fs';"],
  ['o => { setTimeout(() => 1, 10); return o; }', 'FC3008 setTimeout(() => 1, 10)'],
  ['o => { console.log(o.id); return o; }', 'FC3009 console.log(o.id)'],
  ['o => o.amount / 3', 'FC3010 o.amount / 3', 'key'],
  ['o => o.user!', 'FC3010 o.user!', 'key'],
  ['o => o.address?.city', 'FC3010 o.address?.city', 'key'],
  ['o => { o.n = 1; return o; }', 'FC3011 o.n = 1'],
  ['o => { o.tags.sort(); return o; }', 'FC3011 o.tags.sort()'],
  ['({ address }) => { address.city = "x"; return address; }', 'FC3011 address.city = "x"'],
  ['(a, b) => { a.n += b.n; return a; }', 'FC3011 a.n += b.n', 'reduce'],
  ['o => o.n.toLocaleString()', 'FC3012 o.n.toLocaleString()'],
  ['o => new Date(o.ts).getHours()', 'FC3012 new Date(o.ts).getHours()'],
  ['o => { const d = new Date(o.ts); return d.getDay(); }', 'FC3012 d.getDay()'],
  ['o => process.env.REGION + o.id', 'FC3014 process.env.REGION'],
  ["o => process.env['REGION']", "FC3014 process.env['REGION']"],
  ['function* (o) { yield o; }', 'FC1404 function* (o) { yield o; }'],
];
for (const [code, expected, kind = 'map', before = ''] of found) {
  test(`found: ${kind} ${code}`, () => assert.equal(lint(code, kind, before), [expected]));
}

const silent: readonly (readonly [code: string, kind?: OpSpec['kind'] | 'key' | 'async', before?: string])[] =
  [
    ['o => Date.now()', 'map', 'const Date = { now: () => 1 };'],
    ['o => new Date(o.ts).getTime()'],
    ['o => Math.max(o.a, 1)'],
    ['o => { const seen = []; seen.push(o.id); return seen; }'],
    ['o => { const m = new Map(); m.set(o.id, 1); return m; }'],
    ['o => price.add(o.n)', 'map', 'const price = makeDecimal();'],
    ['o => { counter.inc(); return o; }', 'map', 'const counter = makeCounter();'],
    ['o => o.amount.add(o.tax)'],
    ['o => { const copy = { ...o }; copy.n = 1; return copy; }'],
    ['o => { let n = 0; n += o.a; n++; return n; }'],
    ['o => [...o.tags].sort()'],
    ['o => o.tags.toSorted()'],
    ['(acc, o) => ({ ...acc, n: acc.n + o.n })', 'reduce'],
    ['async o => { const r = await fetch(o.url); return r.status; }', 'async'],
    ['async o => { await new Promise(done => setTimeout(done, 5)); return o; }', 'async'],
    ['function* (o) { yield o; }', 'flatMap'],
    ['o => Math.floor(o.amount / 3)', 'key'],
    ['o => o.address?.city ?? "none"', 'key'],
    ['o => o.n.toLocaleString("en", { timeZone: "UTC" })'],
    ['o => o.calendar.getDay()'],
    ['o => o.process.env.X'],
    ['o => load(o)', 'map', 'function load(o) { return o; }'],
    ['o => { o.emitter.then(1); return o; }'],
    ['o => { const fetch = x => x; return fetch(o); }'],
  ];
for (const [code, kind = 'map', before = ''] of silent) {
  test(`silent: ${kind} ${code}`, () => assert.equal(lint(code, kind, before), []));
}

test('only code that operators reach is looked at', () => {
  const before =
    'const started = Date.now();\nfunction unused() { return Math.random(); }\nsetTimeout(unused, 1);';
  assert.equal(lint('o => o.id', 'map', before), []);
});

test('helpers are followed, across modules and with the records they are given', () => {
  const before = "import { stamp } from './stamp.js';\nfunction tag(r) { r.seen = true; return stamp(r); }";
  const files = { 'stamp.ts': 'export const stamp = (r) => ({ ...r, at: Date.now() });' };
  assert.equal(lint('o => tag(o)', 'map', before, files), ['FC3011 r.seen = true', 'FC3001 Date.now()']);
  assert.equal(lint('o => tag({ id: o.id })', 'map', before, files), ['FC3001 Date.now()']);
});

test('a finding in a helper says which operator calls it', () => {
  const text =
    'function now() { return Date.now(); }\nexport function main() { const f = o => now(); return f; }';
  const { graph: g, modules } = program({ 'main.ts': text }, [{ kind: 'map', fn: fnIn('main.ts') }]);
  const log = new DiagnosticLog();
  lintProgram(g, modules, log);
  assert.equal(
    log.all[0]!.notes.map(n => n.at),
    [g.ops[0]!.origin],
  );
});

test('a comment with a code and a reason silences a finding, on its line or the line above', () => {
  assert.equal(lint('o => Date.now() // flinkc-ignore FC3001 latency metric only'), []);
  assert.equal(
    lint('o => {\n  // flinkc-ignore FC3001, FC3009 debugging\n  console.log(Date.now());\n  return o; }'),
    [],
  );
  assert.equal(lint('o => Date.now() // flinkc-ignore FC3002 other code'), ['FC3001 Date.now()']);
  const unrelated =
    'o => {\n  const a = 1; // flinkc-ignore FC3001 about this line\n  return Date.now() + a; }';
  assert.equal(lint(unrelated), ['FC3001 Date.now()']);
});

const alert = (body: string, rest = ''): string =>
  `import { KeyedProcessFunction } from 'flinkc';\nclass F extends KeyedProcessFunction {\n  n = 0;\n  ${rest}\n  processElement(value, ctx, out) { ${body} }\n}\n`;

const classes: readonly (readonly [text: string, ...expected: string[]])[] = [
  [alert('this.n++; out.collect(this.n);'), 'FC3018 this.n++'],
  [alert('this.count();', 'count() { this.n = this.n + 1; }'), 'FC3018 this.n = this.n + 1'],
  [alert('out.collect(value);', 'open() { this.n = Date.now(); }')],
  [alert('this.n++;', 'snapshotState() {} initializeState() {}')],
  [alert('value.seen = true; out.collect(value);'), 'FC3011 value.seen = true'],
  [
    alert('out.collect(Date.now());', 'onTimer(t, ctx, out) { out.collect(Math.random()); }'),
    'FC3002 Math.random()',
    'FC3001 Date.now()',
  ],
  [alert('out.collect(value);', 'unusedHelper() { return Date.now(); }')],
  [alert('F.total++;', 'static total = 0;'), 'FC3003 F.total++'],
  [alert('await 1;').replace('processElement', 'async processElement'), 'FC3007 processElement'],
];
for (const [text, ...expected] of classes) {
  test(`class: ${text.split('\n').slice(3).join(' ').trim()}`, () => assert.equal(lintClass(text), expected));
}

test('an aggregate may change its accumulator, not the record', () => {
  const text =
    'class F { createAccumulator() { return { n: 0 }; } add(v, acc) { acc.n += v.n; v.n = 0; return acc; } getResult(a) { return a.n; } merge(a, b) { a.n += b.n; return a; } }';
  const ctor: Value = { t: 'class', id: 1, site: 'main.ts#F' as SiteId, captures: {} };
  const { graph: g, modules } = program({ 'main.ts': text }, [{ kind: 'map', fn: ctor }]);
  const value: Value = { t: 'new', id: 0, ctor, args: [], patch: [], at: null };
  const window = {
    assigner: { t: 'undefined' as const },
    trigger: null,
    evictor: null,
    allowedLateness: 0,
    lateTag: null,
  };
  const op = {
    ...g.ops[0]!,
    kind: 'window' as const,
    all: false,
    window,
    function: { kind: 'aggregate' as const, aggregate: value, window: null },
  };
  const log = new DiagnosticLog();
  lintProgram({ ...g, ops: [op] }, modules, log);
  assert.equal(
    log.all.map(d => `${d.code} ${text.slice(d.at!.start, d.at!.end)}`),
    ['FC3011 v.n = 0'],
  );
});

test.run();
