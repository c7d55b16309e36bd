import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { stageFixture } from './stage-fixture.js';

interface Context {
  root: string;
}
const lock = suite<Context>('flinkc.lock.json');
lock.before.each(context => {
  context.root = mkdtempSync(path.join(tmpdir(), 'flinkc-test-'));
});
lock.after.each(context => rmSync(context.root, { recursive: true }));

/** Builds `body` as the program, writes the lock file, and returns uid by operator name. */
async function build(
  { root }: Context,
  body: string,
): Promise<{ uids: Record<string, string>; diagnostics: string }> {
  const head = `import { createEnvironment } from 'flinkc';\nconst env = createEnvironment();\nconst numbers = env.fromSequence(1, 9);\n`;
  writeFileSync(path.join(root, 'input.ts'), `${head}${body}\nawait env.execute('lock');\n`);
  const { graph, diagnostics, save } = await stageFixture(root, { lock: true });
  save();
  const named = graph!.ops.flatMap(op =>
    op.name === null ? [] : [[op.name, op.uid ?? op.symbolPath] as const],
  );
  return { uids: Object.fromEntries(named), diagnostics };
}
const lockText = ({ root }: Context): string => readFileSync(path.join(root, 'flinkc.lock.json'), 'utf8');

lock('uids name the function, the variable and the operation', async context => {
  const { uids } = await build(
    context,
    `function main() { const big = numbers.filter(n => n > 1).name('big'); big.map(n => n * 2).name('twice').print(); }\nmain();`,
  );
  assert.equal(uids, { big: 'main/big.filter', twice: 'main/big.map' });
});

lock('the same program gives the same bytes', async context => {
  const body = `numbers.map(n => n + 1).name('a').print(); numbers.map(n => n + 2).name('b').print();`;
  await build(context, body);
  const first = lockText(context);
  await build(context, body);
  assert.is(lockText(context), first);
});

lock('an operator keeps its uid when one of the same kind comes before it', async context => {
  const before = await build(context, `numbers.map(n => n + 1).name('old').print();`);
  const after = await build(
    context,
    `numbers.map(n => n + 7).name('new');\nnumbers.map(n => n + 1).name('old').print();`,
  );
  assert.is(after.uids['old'], before.uids['old']);
  assert.is.not(after.uids['new'], before.uids['old']);
});

lock('an edited operator keeps its uid', async context => {
  const before = await build(context, `numbers.map(n => n + 1).name('a').print();`);
  const after = await build(context, `numbers.map(n => n + 100).name('a').print();`);
  assert.equal(after.uids, before.uids);
});

lock('an operator keeps its uid when its function is renamed, and this is reported', async context => {
  const body = (name: string): string =>
    `function ${name}() { numbers.map(n => n + 1).name('a').print(); }\n${name}();`;
  const before = await build(context, body('first'));
  const after = await build(context, body('second'));
  assert.is(after.uids['a'], 'first/numbers.map');
  assert.equal(after.uids, before.uids);
  assert.match(
    after.diagnostics,
    /info FC1215: Operator 'second\/numbers\.map' keeps the uid 'first\/numbers\.map'/,
  );
});

lock('a .uid() of the program wins and is never derived for another operator', async context => {
  const { uids } = await build(
    context,
    `numbers.map(n => n + 1).uid('numbers.map~1').name('a').print();\nnumbers.map(n => n + 2).name('b').print();`,
  );
  assert.is(uids['a'], 'numbers.map~1');
  assert.is.not(uids['b'], 'numbers.map~1');
  assert.not.match(lockText(context), /"numbers\.map~1": \{/);
});

lock('entries of operators that are gone are dropped', async context => {
  await build(context, `numbers.map(n => n + 1).print(); numbers.filter(n => n > 1).print();`);
  await build(context, `numbers.map(n => n + 1).print();`);
  assert.not.match(lockText(context), /numbers\.filter/);
});

lock('programs in one folder share the file', async context => {
  writeFileSync(
    path.join(context.root, 'flinkc.lock.json'),
    JSON.stringify({ version: 1, programs: { 'other.ts': { 'a.map': { path: 'a.map', shape: '0' } } } }),
  );
  await build(context, `numbers.print();`);
  assert.equal(Object.keys(JSON.parse(lockText(context)).programs), ['input.ts', 'other.ts']);
});
const withRenames = (context: Context, renames: unknown): void => {
  const json = JSON.parse(lockText(context)) as object;
  writeFileSync(path.join(context.root, 'flinkc.lock.json'), JSON.stringify({ ...json, renames }));
};

lock('renames written by hand stay, and name operators and states as they were called', async context => {
  const body = `numbers.map(n => n + 1).name('a').uid('new').print();`;
  await build(context, body);
  const renames = { 'input.ts': { operators: { new: 'old' }, states: { new: { sum: 'total' } } } };
  withRenames(context, renames);
  const { graph, save } = await stageFixture(context.root, { lock: true });
  save();
  assert.equal(graph!.ops.find(op => op.uid === 'new')!.renamed, { uid: 'old', states: { sum: 'total' } });
  assert.equal((JSON.parse(lockText(context)) as { renames: unknown }).renames, renames);
});

lock('renames of operators that are not there are an error', async context => {
  const body = `numbers.map(n => n + 1).name('a').uid('new').print();`;
  await build(context, body);
  withRenames(context, { 'input.ts': { operators: { newer: 'old' } } });
  assert.match((await stageFixture(context.root, { lock: true })).diagnostics, /FC1216.*operator 'newer'/);
});

lock('renames of another form make the file unreadable', async context => {
  await build(context, `numbers.map(n => n + 1).name('a').print();`);
  for (const renames of [
    7,
    { 'input.ts': [] },
    { 'input.ts': { uids: {} } },
    { 'input.ts': { operators: { a: 1 } } },
  ]) {
    withRenames(context, renames);
    assert.match((await stageFixture(context.root, { lock: true })).diagnostics, /FC1213/);
  }
});

lock.run();
