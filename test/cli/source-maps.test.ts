/** An exception in user code names the operator and the user's line, however the code got into the artifact. */
import { renameSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Project } from './project.js';

const files = {
  'sub/prices.ts': `export interface Order { id: number }
export function price(n: number): number {
  if (n === 3) throw new RangeError('no price');
  return n * 2;
}
export class Rounding {
  readonly step = 5;
  apply(n: number): number {
    if (n === this.step) throw new RangeError('no rounding');
    return n;
  }
}
`,
  'node_modules/tiny-lib/package.json':
    '{ "name": "tiny-lib", "version": "1.2.3", "license": "MIT", "type": "module", "main": "index.js", "types": "index.d.ts" }',
  'node_modules/tiny-lib/index.d.ts': 'export declare function strict(n: number): number;',
  'node_modules/tiny-lib/index.js': `export function strict(n) {
  if (n === 6) throw new RangeError('no six');
  return n;
}
`,
  'orders.ts': `import { createEnvironment, ProcessFunction } from 'flinkc';
import type { Collector, ProcessContext } from 'flinkc';
import { strict } from 'tiny-lib';
import { price, Rounding } from './sub/prices.js';

const env = createEnvironment();
const wanted = env.param('fail', 'none');
const rounding = new Rounding();
const lifted = (n: number): number => {
  if (wanted === 'lifted' && n === 2) throw new RangeError('lifted');
  for (let i = 0; i < 3; i++) if (i > n) return i;
  return n;
};
class Check extends ProcessFunction<number, number> {
  processElement(n: number, _: ProcessContext, out: Collector<number>): void {
    this.check(n);
    out.collect(n);
  }
  private check(n: number): void {
    if (wanted === 'method' && n === 4) throw new RangeError('method');
  }
}
env
  .fromData(1, 2, 3, 4, 5, 6)
  .filter(n => {
    if (wanted === 'inlined' && n === 2) throw new RangeError('inlined');
    return true;
  })
  .name('inlined')
  .map(lifted)
  .name('lifted')
  .map(n => (wanted === 'module' ? price(n) : n))
  .name('module')
  .map(n => (wanted === 'class' ? rounding.apply(n) : n))
  .name('class')
  .process(new Check())
  .name('method')
  .map(n => (wanted === 'library' ? strict(n) : n))
  .name('library')
  .keyBy(n => {
    if (wanted === 'key' && n === 5) throw new RangeError('key');
    return n;
  })
  .reduce((a, b) => a + b)
  .print();
await env.execute('orders');
`,
};
/** operator and place of what `--param fail=<name>` makes fail */
const cases: readonly { readonly fail: string; readonly operator: string; readonly at: string }[] = [
  { fail: 'inlined', operator: 'inlined', at: 'orders.ts:26:48' },
  { fail: 'lifted', operator: 'lifted', at: 'orders.ts:10:45' },
  { fail: 'module', operator: 'module', at: 'sub/prices.ts:3:22' },
  { fail: 'class', operator: 'class', at: 'sub/prices.ts:9:32' },
  { fail: 'method', operator: 'method', at: 'orders.ts:20:47' },
  { fail: 'library', operator: 'library', at: 'orders.ts:38:37' },
  { fail: 'key', operator: 'library', at: 'orders.ts:41:44' },
];

const maps = suite('source maps');
const project = new Project(files);
const elsewhere = new Project({});
maps.before(async () => {
  for (const args of [
    ['-o', 'plain.zip'],
    ['-o', 'minified.zip', '--minify'],
  ]) {
    const { code, stderr } = await project.flinkc(['build', 'orders.ts', ...args]);
    assert.is(code, 0, stderr);
  }
  // the lines come from the artifact, not from the project
  for (const zip of ['plain.zip', 'minified.zip']) renameSync(project.path(zip), elsewhere.path(zip));
});
maps.after(() => {
  project.remove();
  elsewhere.remove();
});

for (const zip of ['plain.zip', 'minified.zip'])
  for (const { fail, operator, at } of cases)
    maps(`${zip}: ${fail}`, async () => {
      const { code, stderr } = await elsewhere.flinkc(['run', zip, '--param', `fail=${fail}`]);
      assert.is(code, 1, stderr);
      assert.match(stderr, /^error FC5001: /);
      assert.ok(stderr.includes(`\n  ${at}\n`), `no ${at} in:\n${stderr}`);
      assert.match(stderr, /\n {2}\d+ \| .*\n +\| +\^/);
      assert.ok(stderr.includes(`\n  operator: ${operator}\n`), stderr);
      assert.not(stderr.includes(project.dir) || stderr.includes(elsewhere.dir), stderr);
    });

maps.run();
