/**
 * Savepoints of every version of the format are restored for ever: what the sinks had before and what they get from the
 * restored job are together what an undisturbed run gives.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LocalFileSystem } from '../../plugins/filesystem/index.js';
import { readRows } from '../../runtime/state/inspect/read-entries.js';
import { Savepoint } from '../../runtime/state/inspect/savepoint.js';
import { buildProgram } from '../compile/build-program.js';
import { filesFolder, plus, programs, start, type Golden } from './golden.js';

const golden = suite('golden savepoints');
const only = process.env['PROGRAM'];
const folder = mkdtempSync(join(tmpdir(), 'flinkc-golden-'));
const root = process.cwd();
golden.after.each(() => process.chdir(root));
golden.after(() => rmSync(folder, { recursive: true, force: true }));

for (const version of readdirSync('fixtures/compat').filter(name => /^v\d+$/.test(name))) {
  for (const program of programs) {
    if (only !== undefined && only !== program) continue;
    const kept = resolve('fixtures/compat', version, program);
    golden(`§10 ${version} ${program}`, async () => {
      const artifact = join(folder, version, program);
      await buildProgram(join(root, 'fixtures/compat', version, 'programs', `${program}.ts`), artifact, {
        lock: 'frozen',
      });
      const { before, total } = JSON.parse(readFileSync(join(kept, 'golden.json'), 'utf8')) as Golden;
      for (const parallelism of [1, 2, 3]) {
        const run = join(folder, version, `${program}-${parallelism}`);
        // A program without files has an empty folder, which is nothing in a checkout.
        if (existsSync(join(kept, filesFolder)))
          cpSync(join(kept, filesFolder), join(run, filesFolder), { recursive: true });
        const { job, collector } = await start(artifact, parallelism, run, join(kept, 'savepoint'));
        assert.is((await job.result).state, 'FINISHED');
        // The files of before lie beside those of the restored job.
        const { files: _, ...received } = before;
        assert.equal(plus(received, collector.digests()), total, `parallelism ${parallelism}`);
      }
    });
  }
}

golden('every kind of state is in the golden savepoints, and can be read without its program', async () => {
  const kinds = new Set<string>();
  let times = 0;
  for (const program of programs) {
    const savepoint = await Savepoint.open(
      join(root, 'fixtures/compat/v1', program, 'savepoint'),
      new LocalFileSystem(),
    );
    for await (const file of savepoint.files()) {
      for await (const row of readRows(file)) {
        kinds.add(row.namespace === undefined ? row.kind : `${row.kind} in windows`);
        if (row.time !== undefined) times++;
      }
    }
  }
  const keyed = ['value', 'list', 'map', 'reducing', 'aggregating', 'timer'];
  const wanted = [...keyed, 'value in windows', 'list in windows', 'timer in windows'];
  for (const kind of [...wanted, 'split', 'union', 'broadcast']) assert.ok(kinds.has(kind), kind);
  assert.ok(times > 0);
});

golden.run();
