/** What a wrong program gets: one error with code, place, reason and fix, exit code 1, and no artifact. */
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Project } from './project.js';

interface Case {
  readonly name: string;
  readonly program: string;
  /** the error as it is printed, up to the fix; parts that say nothing here are left out */
  readonly expected: readonly (string | RegExp)[];
  readonly file?: string;
  readonly entry?: string;
}

const header = `import { createEnvironment, seconds, TumblingEventTimeWindows } from 'flinkc';
const env = createEnvironment();
`;
const cases: readonly Case[] = [
  {
    name: 'program not found',
    program: '',
    entry: 'ordres.ts',
    expected: ["error FC1001: There is no program at 'ordres.ts'.", 'fix:'],
  },
  {
    name: 'not TypeScript',
    program: `${header}await env.execute('orders');`,
    file: 'orders.js',
    expected: ["error FC1002: 'orders.js' is not a TypeScript module.", 'fix:'],
  },
  {
    name: 'no execute()',
    program: `${header}env.fromData(1, 2).print();`,
    expected: ['error FC1203:', 'orders.ts:', 'execute'],
  },
  {
    name: 'type error',
    program: `${header}env.fromData(1, 2).map(n => n.toUpperCase()).print();\nawait env.execute('orders');`,
    expected: [/error TS\d+: Property 'toUpperCase' does not exist/, 'orders.ts:3:', '^'],
  },
  {
    name: 'unshippable capture',
    program: `${header}function build(): void {
  const pending = Promise.resolve(3);
  env.fromData(1, 2).map(n => (pending instanceof Promise ? n : 0)).print();
}
build();
await env.execute('orders');`,
    expected: ['error FC1104:', 'map → pending', 'it is a promise', 'orders.ts:5:32', 'fix:'],
  },
  {
    name: 'unencodable type',
    program: `${header}declare const anything: any;
env.fromData(1, 2).map(n => ({ n, rest: JSON.parse(String(n)) as any })).keyBy(r => r.n).reduce((a, b) => b).print();
await env.execute('orders');`,
    expected: ['error FC1301:', 'rest', 'orders.ts:4:'],
  },
  {
    name: 'unkeyed state',
    program: `import { createEnvironment, ProcessFunction, ValueStateDescriptor } from 'flinkc';
import type { Collector, ProcessContext } from 'flinkc';
class Count extends ProcessFunction<number, number> {
  readonly seen = new ValueStateDescriptor<number>('seen');
  processElement(n: number, _: ProcessContext, out: Collector<number>): void {
    const seen = this.getRuntimeContext().getState(this.seen);
    out.collect((seen.value() ?? 0) + n);
  }
}
const env = createEnvironment();
env.fromData(1, 2).process(new Count()).print();
await env.execute('orders');`,
    expected: [/error FC21\d\d:/, 'orders.ts:11:', 'keyBy', 'fix:'],
  },
  {
    name: 'duplicate uid',
    program: `${header}env.fromData(1, 2).map(n => n + 1).uid('same').filter(n => n > 1).uid('same').print();
await env.execute('orders');`,
    expected: ['error FC1208:', "'same'", 'orders.ts:3:', 'fix:'],
  },
];

for (const { name, program, expected, file = 'orders.ts', entry = file } of cases)
  test(name, async () => {
    const project = new Project({ [file]: program });
    try {
      const { code, stdout, stderr } = await project.flinkc(['build', entry, '-o', 'job']);
      assert.is(code, 1, stderr);
      assert.is(stdout, '');
      for (const part of expected)
        if (typeof part === 'string') assert.ok(stderr.includes(part), `no ${part} in:\n${stderr}`);
        else assert.match(stderr, part);
      assert.is(stderr.match(/^error /gm)!.length, 1, `one error:\n${stderr}`);
      assert.not(stderr.includes(project.dir), `no absolute path:\n${stderr}`);
      assert.not(existsSync(project.path('job')));
      assert.equal(
        readdirSync(project.dir).sort(),
        ['node_modules', 'package.json', 'tsconfig.json', ...(file === '' ? [] : [file])].sort(),
      );
    } finally {
      project.remove();
    }
  });

test('a window without watermarks is a warning that names the window', async () => {
  const project = new Project({
    'orders.ts': `${header}env
  .fromData({ user: 'ann', amount: 1 })
  .keyBy(order => order.user)
  .window(TumblingEventTimeWindows.of(seconds(5)))
  .sum('amount')
  .name('sums')
  .print();
await env.execute('orders');`,
  });
  try {
    const { code, stderr } = await project.flinkc(['build', 'orders.ts', '-o', 'job', '--json']);
    assert.is(code, 0, stderr);
    const { stderr: text } = await project.flinkc(['explain', 'orders.ts']);
    assert.match(text, /warning FC\d+: .*TumblingEventTimeWindows|warning FC\d+: .*sums/);
    assert.match(text, /orders\.ts:\d+:\d+/);
    assert.match(text, /fix: /);
  } finally {
    project.remove();
  }
});

test.run();
