/** What wrong options, parameters, artifacts and input get. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { unzipSync, zipSync } from 'fflate';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Project, type Finished } from './project.js';

const program = `import { createEnvironment, WatermarkStrategy } from 'flinkc';
import { CsvFormat } from 'flinkc/csv';
import { FileSink, FileSource } from 'flinkc/file';
import { JsonFormat } from 'flinkc/json';

interface Order {
  user: string;
  amount: number;
}
const env = createEnvironment();
const bonus = env.param('bonus', 1);
const password = env.secret('ORDERS_PASSWORD');
env
  .fromSource(
    new FileSource<Order>({ path: env.param('input'), format: new CsvFormat({ header: true }) }),
    WatermarkStrategy.noWatermarks(),
    'orders',
  )
  .map(order => {
    if (order.user === 'eve') throw new Error(\`refused with \${password}\`);
    return { user: order.user, amount: order.amount + bonus };
  })
  .name('bonus')
  .sinkTo(new FileSink({ path: env.param('output', 'out'), format: new JsonFormat() }));
await env.execute('orders');
`;
const secret = 'correct-horse-battery';
const project = new Project({
  'orders.ts': program,
  'orders.csv': 'user,amount\nann,1\nbob,2\n',
  'eve.csv': 'user,amount\nann,1\neve,2\n',
  'wrong.csv': 'customer,total\nann,1\n',
  'not-a-number.csv': 'user,amount\nann,1\nbob,x\n',
  'a-file': 'not a folder',
});
const run = (...args: readonly string[]): Promise<Finished> =>
  project.flinkc(['run', 'job', ...args], { env: { ORDERS_PASSWORD: secret } });

/** One error on standard error and nothing on standard output. */
function assertError(
  { code, stdout, stderr }: Finished,
  exit: number,
  parts: readonly (string | RegExp)[],
): void {
  assert.is(code, exit, stderr);
  assert.is(stdout, '');
  assert.is(stderr.match(/^error /gm)?.length, 1, `one error:\n${stderr}`);
  for (const part of parts)
    if (typeof part === 'string') assert.ok(stderr.includes(part), `no ${part} in:\n${stderr}`);
    else assert.match(stderr, part);
  assert.not.match(stderr, /\n\s+at /, 'no stack trace');
  assert.not(stderr.includes(secret), 'secrets are redacted');
}
const finishedParts = (): readonly string[] =>
  existsSync(project.path('out'))
    ? readdirSync(project.path('out'), { recursive: true })
        .map(String)
        .filter(name => /(^|\/)part-/.test(name))
    : [];

const bad = suite('bad input');
bad.before(async () => {
  const { code, stderr } = await project.flinkc(['build', 'orders.ts', '-o', 'job']);
  assert.is(code, 0, stderr);
  const zip = await project.flinkc(['build', 'orders.ts', '-o', 'job.zip']);
  assert.is(zip.code, 0, zip.stderr);
});
bad.after(() => project.remove());

bad('unknown command, option and configuration key, each with a suggestion', async () => {
  assertError(await project.flinkc(['biuld', 'orders.ts']), 2, ['FC4001', "'biuld'", "'flinkc build'"]);
  assertError(await run('--parm', 'input=x'), 2, ['FC4002', '--parm', 'did you mean --param?']);
  assertError(await run('--param', 'input=orders.csv', '-D', 'execution.runtime-mod=BATCH'), 1, [
    'FC5020',
    "did you mean 'execution.runtime-mode'?",
  ]);
  assertError(await run('--param', 'input=orders.csv', '-D', 'execution.runtime-mode=FAST'), 1, [
    'FC5021',
    'STREAMING, BATCH or AUTOMATIC',
  ]);
});
bad('options without value, of a wrong form, or nothing to work on', async () => {
  assertError(await run('--param'), 2, ['FC4003', '--param <k=v>']);
  assertError(await run('--param', 'input'), 2, ['FC4006', '--param name=value']);
  assertError(await run('-p', '0'), 2, ['FC4006', '--parallelism 4']);
  assertError(await project.flinkc(['run']), 2, ['FC4005', 'flinkc run program.ts']);
  assertError(await project.flinkc(['verify', 'a', 'b']), 2, ['FC4005', 'flinkc verify a']);
});
bad('missing, unknown and mistyped parameters; a missing secret', async () => {
  assertError(await run(), 1, ['FC5010', "'input'", '--param input=']);
  assertError(await run('--param', 'inptu=x'), 1, ['FC4010', "did you mean 'input'?"]);
  assertError(await run('--param', 'input=orders.csv', '--param', 'bonus=much'), 1, [
    'FC5019',
    "'bonus' must be a number, not 'much'",
  ]);
  assertError(await project.flinkc(['run', 'job', '--param', 'input=orders.csv']), 1, [
    'FC5010',
    'environment variable ORDERS_PASSWORD',
  ]);
});
bad('input that is missing, damaged or of another schema', async () => {
  assertError(await run('--param', 'input=ordres.csv'), 1, ['FC5301', 'ordres.csv', 'no such file', 'fix:']);
  assertError(await run('--param', 'input=wrong.csv'), 1, [
    /FC54\d\d|FC53\d\d/,
    'wrong.csv',
    "'customer'",
    'fix:',
  ]);
  assertError(await run('--param', 'input=not-a-number.csv'), 1, [
    'FC5303',
    'not-a-number.csv:3',
    "'amount'",
    'bob,x',
    'fix:',
  ]);
  assert.equal(finishedParts(), [], 'no part file that looks finished');
});
bad('an exception in user code names operator, record and line', async () => {
  assertError(await run('--param', 'input=eve.csv'), 1, [
    "error FC5001: Operator 'bonus' failed: refused with ",
    'orders.ts:20:37',
    "20 |     if (order.user === 'eve') throw new Error(",
    'operator: bonus',
    'defined at: orders.ts:19:4',
    'record: eve.csv:3',
  ]);
  assert.equal(finishedParts(), [], 'no part file that looks finished');
});
bad('a sink that cannot be written', async () => {
  assertError(await run('--param', 'input=orders.csv', '--param', 'output=a-file/out'), 1, [
    'FC5311',
    'a-file/out',
    'operator: Sink: FileSink',
    'fix:',
  ]);
});

bad('artifacts that are missing, changed, incomplete, of a newer format or not artifacts', async () => {
  const verify = (path: string): Promise<Finished> => project.flinkc(['verify', path]);
  assertError(await verify('jib'), 1, ['FC4101', "'jib'", 'fix:']);
  assertError(await verify('orders.csv'), 1, ['FC4102', 'fix:']);
  assertError(await verify('.'), 1, ['FC4102', 'manifest.json is missing']);

  const task = project.path('job/tasks/0.mjs');
  const code = readFileSync(task, 'utf8');
  writeFileSync(task, `${code} `);
  assertError(await run('--param', 'input=orders.csv'), 1, ['FC4105', 'tasks/0.mjs']);
  writeFileSync(task, code);
  writeFileSync(project.path('job/extra.mjs'), '');
  assertError(await verify('job'), 1, ['FC4105', 'extra.mjs']);

  const zipped = unzipSync(readFileSync(project.path('job.zip')));
  const manifest = JSON.parse(Buffer.from(zipped['manifest.json']!).toString()) as { format: number };
  const newer = Buffer.from(JSON.stringify({ ...manifest, format: manifest.format + 1, flinkc: '9.0.0' }));
  project.write({
    'newer.zip': zipSync({ ...zipped, 'manifest.json': newer }),
    'slip.zip': zipSync({ ...zipped, '../outside.mjs': Buffer.from('1') }),
    'half.zip': readFileSync(project.path('job.zip')).subarray(0, 4000),
  });
  assertError(await verify('newer.zip'), 1, ['FC4103', 'flinkc 9.0.0', 'fix:']);
  assertError(await verify('slip.zip'), 1, ['FC4104', '../outside.mjs']);
  assertError(await verify('half.zip'), 1, ['FC4102', 'fix:']);
});

bad('output that is something else or cannot be written is left alone', async () => {
  project.write({ 'photos/cat.jpg': 'meow', 'photos.zip': 'meow' });
  const before = readdirSync(project.dir).sort();
  const build = (output: string): Promise<Finished> => project.flinkc(['build', 'orders.ts', '-o', output]);
  assertError(await build('photos'), 1, ['FC4007', "'photos'", 'fix:']);
  assertError(await build('photos.zip'), 1, ['FC4007', "'photos.zip'"]);
  assertError(await build('a-file/job'), 1, ['FC4008', 'a-file/job', 'fix:']);
  assert.equal(readdirSync(project.dir).sort(), before);
  assert.is(readFileSync(project.path('photos/cat.jpg'), 'utf8'), 'meow');
});

bad.run();
