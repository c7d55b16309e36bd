import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DiagnosticLog } from '../../compiler/diagnostics/diagnostic.js';
import type { OpId, StateDeclaration, Value } from '../../compiler/ir/index.js';
import { optimize } from '../../compiler/2-optimize/index.js';
import { by, float64, path, Program, string, struct, to } from '../codegen/graph-builder.js';

const order = struct({ id: string, price: float64 });
const none: Value = { t: 'primitive', value: null };
const one: Value = { t: 'primitive', value: 1 };

function codes(p: Program): readonly string[] {
  const log = new DiagnosticLog();
  optimize(p.graph, p.lowered, p.uids, log);
  return log.all.map(d => d.code);
}
function api(module: string, name: string, ...args: readonly Value[]): Value {
  return { t: 'api', id: 900, module, name, args, at: null };
}
function options(entries: Readonly<Record<string, Value>>): Value {
  return { t: 'object', id: 901, entries: Object.entries(entries) };
}
function from(p: Program, source: Value): OpId {
  return p.add({ kind: 'source', source, watermarks: null, sourceName: 'test' }, { output: order });
}
function reduce(p: Program, input: OpId, key: Value, parallelism: number | null = null): OpId {
  return p.add(
    { kind: 'reduce', fn: p.inline(path(0), 2), inputs: [by(input, key)], parallelism },
    { output: order, inputs: [order], key: string },
  );
}

for (const [what, source, expected] of [
  ['a sequence without an end', api('flinkc/datagen', 'SequenceSource', one, none), ['FC3021']],
  ['a sequence', api('flinkc/datagen', 'SequenceSource', one, one), []],
  [
    'a sequence to a deploy-time bound',
    api('flinkc/datagen', 'SequenceSource', one, { t: 'parameter', name: 'to' }),
    [],
  ],
  ['endless events', api('flinkc/nexmark', 'NexmarkSource', options({ rate: one })), ['FC3021']],
  [
    'a number of events',
    api('flinkc/nexmark', 'NexmarkSource', options({ events: { t: 'parameter', name: 'n' } })),
    [],
  ],
  ['a watched folder', api('flinkc/file', 'FileSource', options({ monitorInterval: one })), ['FC3021']],
  ['files', api('flinkc/file', 'FileSource', options({ monitorInterval: { t: 'undefined' } })), []],
  ['a socket', api('flinkc/socket', 'SocketTextSource'), ['FC3021']],
  ["the user's source", { t: 'global', name: 'Mine' } satisfies Value, []],
] as const) {
  test(`FC3021 a rolling reduction over ${what}`, () => {
    const p = new Program();
    p.sink(reduce(p, from(p, source), p.inline(path(0, 'id'))));
    assert.equal(codes(p), expected);
  });
}

test('FC3021 says nothing when one of two inputs ends: the keys may be those of that one', () => {
  const p = new Program();
  const union = p.add(
    { kind: 'union', inputs: [to(from(p, api('flinkc/socket', 'SocketTextSource'))), to(p.source(order))] },
    { output: order, inputs: [order, order] },
  );
  p.sink(reduce(p, union, p.inline(path(0, 'id'))));
  assert.equal(codes(p), []);
});

for (const [what, text, expected] of [
  ['is only updated', 'this.seen.update(value)', ['FC3021']],
  ['is cleared', 'this.seen.clear()', []],
  ['is updated to null', 'this.seen.update(done ? null : value)', []],
  ['loses entries', 'this.seen.remove(value)', []],
  ['has a TTL', 'descriptor.enableTimeToLive(ttl)', []],
] as const) {
  test(`FC3021 state that ${what}`, () => {
    const p = new Program();
    const fn = p.lifted('() => {}', ['all']);
    p.sources.set('job.ts', text);
    const seen: StateDeclaration = { name: 'seen', kind: 'value', key: null, value: string, at: null };
    const source = from(p, api('flinkc/socket', 'SocketTextSource'));
    p.sink(
      p.add(
        { kind: 'process', fn, inputs: [by(source, p.inline(path(0, 'id')))] },
        { output: order, inputs: [order], key: string, states: [seen] },
      ),
    );
    const sites = new Map([...p.lowered.functions.values()].map(f => [f.site.id, f.site]));
    const log = new DiagnosticLog();
    optimize({ ...p.graph, sites }, p.lowered, p.uids, log);
    assert.equal(
      log.all.map(d => d.code),
      expected,
    );
  });
}

for (const [key, parallelism, expected] of [
  ['0', 4, ['FC3022']],
  ["'all'", 4, ['FC3022']],
  ['0', 1, []],
  ['0', null, []],
  ['now()', 4, []],
  ["'a' + 'b'", 4, []],
] as const) {
  test(`FC3022 key ${key} at parallelism ${parallelism ?? 'of the job'}`, () => {
    const p = new Program();
    p.sink(reduce(p, p.source(order), p.inline(key), parallelism));
    assert.equal(codes(p), expected);
  });
}

test('FC2102 forward() after the sender was given another parallelism', () => {
  const build = (sender: number | null): Program => {
    const p = new Program();
    const source = p.source(order, { parallelism: sender });
    const map = p.add(
      { kind: 'map', fn: p.inline(path(0)), inputs: [to(source, { kind: 'forward' })], parallelism: 2 },
      { output: order, inputs: [order] },
    );
    p.sink(map);
    return p;
  };
  assert.equal(codes(build(4)), ['FC2102']);
  assert.equal(codes(build(2)), []);
  assert.equal(codes(build(null)), []);
});

test.run();
