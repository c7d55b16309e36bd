/** Artifacts are byte-identical wherever and whenever they are built, and hold nothing of the machine or of secrets. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Project } from '../cli/project.js';

const orders = `import { createEnvironment, KeyedProcessFunction, ValueStateDescriptor } from 'flinkc';
import type { Collector, KeyedProcessContext } from 'flinkc';
import { strict } from 'tiny-lib';
import { normal } from './names/normal.js';
import { shout } from './names/shout.js';

interface Order {
  id: number;
  user: string;
  note: string;
  unused: string;
}
class Spent extends KeyedProcessFunction<string, { user: string; id: number }, string> {
  readonly spent = new ValueStateDescriptor<number>('spent');
  processElement(order: { user: string; id: number }, _: KeyedProcessContext<string>, out: Collector<string>): void {
    const spent = this.getRuntimeContext().getState(this.spent);
    spent.update((spent.value() ?? 0) + order.id);
    out.collect(order.user + spent.value());
  }
}
declare const process: { env: Record<string, string | undefined> };
const region = process.env['ORDERS_REGION'] ?? 'none';
const env = createEnvironment();
const limit = env.param('limit', 10);
const audited = env.param('audited', false);
const password = env.secret('ORDERS_PASSWORD');
const stream = env.fromData<Order>(
  { id: 1, user: 'ann', note: 'n', unused: 'u' },
  { id: 2, user: 'bob', note: 'm', unused: 'u' },
);
const named = stream
  .filter(order => order.id < limit && strict(order.id) > 0 && password.length > 0)
  .map(order => ({ user: shout(normal(order.user)) + region, id: order.id }));
named.keyBy(order => order.user).process(new Spent()).print();
named.filter(() => audited).print('audit');
await env.execute('orders');
`;
const files: Readonly<Record<string, string>> = {
  'orders.ts': orders,
  'names/normal.ts': `export const normal = (name: string): string => name.trim().normalize();\n`,
  'names/shout.ts': `export const shout = (name: string): string => name.toUpperCase();\n`,
  'node_modules/tiny-lib/package.json':
    '{ "name": "tiny-lib", "version": "1.2.3", "license": "MIT", "type": "module", "main": "index.js", "types": "index.d.ts" }',
  'node_modules/tiny-lib/index.d.ts': 'export declare function strict(n: number): number;',
  'node_modules/tiny-lib/index.js': 'export function strict(n) { return n; }\n',
};
const secret = 'correct-horse-battery';
const settings = { ORDERS_REGION: 'north', ORDERS_PASSWORD: secret };

/** path → sha256 of every file below */
function digest(dir: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath ?? entry.path, entry.name))
      .sort()
      .map(file => [relative(dir, file), createHash('sha256').update(readFileSync(file)).digest('hex')]),
  );
}

const artifacts = suite('artifact');
const here = new Project(files);
const there = new Project(Object.fromEntries(Object.entries(files).reverse()));
artifacts.before(async () => {
  mkdirSync(here.path('deep/er'), { recursive: true });
  const build = async (project: Project, cwd: string, entry: string, args: readonly string[], env = {}) => {
    const built = await project.flinkc(['build', entry, ...args], {
      cwd: project.path(cwd),
      env: { ...settings, ...env },
    });
    // a failing hook is not reported by the runner
    if (built.code !== 0) process.stderr.write(built.stderr);
    assert.is(built.code, 0, built.stderr);
  };
  const otherPlace = { TZ: 'Pacific/Chatham', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' };
  await build(here, '.', 'orders.ts', ['-o', 'first'], { TZ: 'UTC', LC_ALL: 'C' });
  await build(here, '.', 'orders.ts', ['-o', 'first.zip'], { TZ: 'UTC' });
  await build(there, '.', './orders.ts', ['-o', 'first'], otherPlace);
  await build(there, '.', 'orders.ts', ['-o', 'first.zip'], otherPlace);
  await build(here, 'deep/er', '../../orders.ts', ['-o', '../../second']);
  await build(here, '.', 'orders.ts', ['-o', 'small', '--minify']);
  await build(there, '.', 'orders.ts', ['-o', 'small', '--minify'], otherPlace);
});
artifacts.after(() => {
  here.remove();
  there.remove();
});

artifacts('byte-identical from another folder, file order, time zone, locale and working directory', () => {
  const first = digest(here.path('first'));
  assert.ok(Object.keys(first).length >= 8);
  assert.equal(digest(there.path('first')), first, 'another folder, time zone and locale');
  assert.equal(digest(here.path('second')), first, 'another working directory');
  assert.equal(digest(there.path('small')), digest(here.path('small')), 'minified');
  assert.ok(readFileSync(here.path('first.zip')).equals(readFileSync(there.path('first.zip'))), 'zip');
  assert.ok(
    readFileSync(here.path('flinkc.lock.json')).equals(readFileSync(there.path('flinkc.lock.json'))),
    'lock file',
  );
});
artifacts('holds no path of the machine, no time and no secret', () => {
  for (const file of Object.keys(digest(here.path('first')))) {
    const text = readFileSync(here.path(`first/${file}`), 'utf8');
    for (const word of [here.dir, process.cwd().slice(1), secret, new Date().toISOString().slice(0, 10)])
      assert.not(text.includes(word), `${file} holds ${word}`);
  }
});
artifacts(
  'manifest: parameters with type and default, secrets without value, environment reads by name',
  async () => {
    const { code, stdout } = await here.flinkc(['inspect', 'first', '--json'], { env: settings });
    assert.is(code, 0);
    const { manifest, state } = JSON.parse(stdout) as {
      manifest: { parameters: unknown; environment: unknown };
      state: { operators: { states: { name: string; kind: string }[] }[] };
    };
    assert.equal(manifest.parameters, [
      { name: 'ORDERS_PASSWORD', kind: 'secret', type: 'string', default: null },
      { name: 'audited', kind: 'param', type: 'boolean', default: 'false' },
      { name: 'limit', kind: 'param', type: 'number', default: '10' },
    ]);
    assert.equal(manifest.environment, ['ORDERS_REGION']);
    assert.equal(
      state.operators.flatMap(operator => operator.states.map(({ name, kind }) => [name, kind])),
      [['spent', 'value']],
    );
    const text = await here.flinkc(['inspect', 'first.zip'], { env: settings });
    assert.match(text.stdout, /ORDERS_PASSWORD {2}secret, required/);
    assert.match(text.stdout, /limit {2}number, default "10"/);
    assert.match(text.stdout, /ORDERS_REGION/);
    assert.not(text.stdout.includes(secret));
  },
);
artifacts('report: why tasks were cut and which fields are read', () => {
  const report = JSON.parse(readFileSync(here.path('first/report.json'), 'utf8')) as {
    plan: {
      tasks: { operators: { kind: string; fieldsRead: unknown }[] }[];
      exchanges: { reason: string; partition: string }[];
    };
    diagnostics: unknown[];
  };
  assert.ok(report.plan.exchanges.every(exchange => exchange.reason.length > 0));
  assert.equal(report.plan.exchanges.filter(e => e.partition === 'hash').length, 1);
  const filter = report.plan.tasks
    .flatMap(task => task.operators)
    .find(operator => operator.kind === 'filter');
  assert.equal(filter!.fieldsRead, ['id', 'user'], 'note and unused are pruned');
  assert.ok(Array.isArray(report.diagnostics));
});
artifacts('bill of materials: flinkc and the npm packages whose code went in', () => {
  const bill = JSON.parse(readFileSync(here.path('first/sbom.cdx.json'), 'utf8')) as {
    bomFormat: string;
    components: { purl: string }[];
  };
  assert.is(bill.bomFormat, 'CycloneDX');
  assert.equal(
    bill.components.map(component => component.purl.replace(/flinkc@.*/, 'flinkc@')),
    ['pkg:npm/flinkc@', 'pkg:npm/tiny-lib@1.2.3'],
  );
});
artifacts('verify accepts what was built, as folder and as zip', async () => {
  for (const path of ['first', 'first.zip']) {
    const { code, stdout } = await here.flinkc(['verify', path]);
    assert.is(code, 0);
    assert.match(stdout, new RegExp(`^${path}: ok, \\d+ entries, id [0-9a-f]{64}\n$`));
  }
});

artifacts.run();
