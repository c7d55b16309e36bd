/** Policies for records that cannot be decoded, through compiler and engine. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CompileSession, compileWith, writeArtifact } from '../../compiler/compile.js';
import { renderDiagnostic } from '../../compiler/diagnostics/render.js';
import type { DeadLetter } from '../../plugins/api/source.js';
import { connectorCompilers } from '../../plugins/compilers.js';
import { RuntimeFault } from '../../runtime/contract/fault.js';
import { runEmbedded } from '../../runtime/embedded/index.js';
import { testFolder } from './files.js';

const tests = suite('bad records');
const target = mkdtempSync(join(tmpdir(), 'flinkc-bad-records-'));
const folder = testFolder();

tests.before(async () => {
  const session = await CompileSession.open('test/plugins/programs/bad-records.ts');
  try {
    const result = await compileWith(session, {
      entry: session.entry,
      lock: process.env['UPDATE_FIXTURES'] === '1' ? 'update' : 'frozen',
      connectors: connectorCompilers,
      flinkcVersion: '0.1.0',
    });
    assert.is(result.diagnostics.map(d => renderDiagnostic(d, () => undefined)).join('\n'), '');
    writeArtifact(result.output!.artifact, target);
  } finally {
    await session.close();
  }
  folder.write(
    'orders.csv',
    'place,id,amount\nParis,1,12.34\nRome,x,1\n\nOslo,2\nBonn,3,-0.5\nBern,4,1.005\n',
  );
  folder.write(
    'orders.json',
    '{"id":5,"amount":9999999999.99,"place":"Köln"}\n{"id":6,"amount":1\nnot json €\n{"id":7,"amount":"1","place":"a\\nb"}',
  );
});
tests.after(() => {
  folder.remove();
  rmSync(target, { recursive: true, force: true });
});

async function run(policy: string, parallelism = 1): Promise<Readonly<Record<string, readonly unknown[]>>> {
  const job = await runEmbedded({
    artifactDir: target,
    parallelism,
    params: { policy, csv: `${folder.path}/orders.csv`, json: `${folder.path}/orders.json` },
  });
  return (await job.result).collected;
}

const orders = [
  { id: 1, amount: 1234n, place: 'Paris' },
  { id: 3, amount: -50n, place: 'Bonn' },
  { id: 5, amount: 999999999999n, place: 'Köln' },
  { id: 7, amount: 100n, place: 'a\nb' },
];
const byId = (records: readonly unknown[]): unknown[] =>
  [...(records as { readonly id: number }[])].sort((a, b) => a.id - b.id);

for (const parallelism of [1, 2])
  tests(`dead-letter: bytes, place and reason; parallelism ${parallelism}`, async () => {
    const collected = await run('dead-letter', parallelism);
    assert.equal(byId(collected['orders']!), orders);
    const letters = (collected['dead'] as readonly DeadLetter[])
      .map(({ raw, position, reason }) => ({
        raw: Buffer.from(raw).toString(),
        position: position.slice(folder.path.length + 1),
        reason,
      }))
      .sort((a, b) => (a.position < b.position ? -1 : 1));
    assert.equal(
      letters.map(({ raw, position }) => `${position} ${raw}`),
      [
        'orders.csv:3 Rome,x,1',
        'orders.csv:5 Oslo,2',
        'orders.csv:7 Bern,4,1.005',
        'orders.json:2 {"id":6,"amount":1',
        'orders.json:3 not json €',
      ],
    );
    assert.is(letters[0]!.reason, `column 'id': "x" is not a number`);
    assert.is(letters[1]!.reason, '2 cells, 3 expected');
    assert.is(letters[2]!.reason, `column 'amount': "1.005" is not a decimal with 2 places`);
    assert.match(letters[3]!.reason, /^not JSON/);
  });

tests('skip: the others are read', async () => {
  const collected = await run('skip');
  assert.equal(byId(collected['orders']!), orders);
  assert.equal(collected['dead'] ?? [], []);
});

tests('fail: the job stops with place, reason and record', async () => {
  try {
    await run('fail');
    assert.unreachable();
  } catch (error) {
    assert.instance(error, RuntimeFault);
    const { code, message, facts, fix } = error as RuntimeFault;
    assert.is(code, 'FC5303');
    assert.match(message, /cannot decode the record at .*orders\.(csv|json):\d: /);
    assert.match(facts['position'] ?? '', /orders\.(csv:3|json:2)$/);
    assert.match(facts['record'] ?? '', /Rome,x,1|"id":6/);
    assert.match(fix ?? '', /badRecords: 'skip'/);
  }
});

tests('a csv file without a wanted column fails the job', async () => {
  folder.write('orders.csv', 'place,number,amount\nParis,1,12.34\n');
  try {
    await run('skip');
    assert.unreachable();
  } catch (error) {
    assert.instance(error, RuntimeFault);
    assert.is((error as RuntimeFault).code, 'FC5402');
    assert.is(
      (error as RuntimeFault).message,
      "the csv input has no column 'id'; it has 'place', 'number', 'amount'",
    );
  }
});

tests('a missing file fails the job', async () => {
  const empty = testFolder();
  try {
    const job = await runEmbedded({
      artifactDir: target,
      params: { policy: 'skip', csv: `${empty.path}/orders.csv`, json: `${empty.path}/orders.json` },
    });
    await job.result;
    assert.unreachable();
  } catch (error) {
    assert.instance(error, RuntimeFault);
    assert.is((error as RuntimeFault).code, 'FC5301');
    assert.match(
      (error as RuntimeFault).message,
      /cannot read '.*orders\.(csv|json)': there is no such file or folder/,
    );
  } finally {
    empty.remove();
  }
});

tests.run();
