/** What a slot's thread and the process around it load before they work: every module is paid for at each start. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Modules of this package that come with `entry`: imported by it or by what it imports, but not on demand. */
function loadedWith(entry: string): readonly string[] {
  const loaded = new Set<string>();
  const load = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    const text = readFileSync(new URL(file, `file://${repository}`), 'utf8');
    for (const [, clause, specifier] of text.matchAll(
      /^(?:import|export)\s+((?!type\b)[^;]*?\sfrom\s+)?'(\.[^']+)\.js';/gm,
    )) {
      if (clause && /^\{(?:\s*type\s[^,}]+,?)+\s*\}/.test(clause)) continue;
      load(relative(repository, fileURLToPath(new URL(`${specifier}.ts`, `file://${repository}${file}`))));
    }
  };
  load(entry);
  return [...loaded];
}

const tests = suite('modules that are loaded at start');

for (const entry of ['runtime/taskmanager/slot-worker.ts', 'bin/commands/run.ts'])
  tests(`${entry}: backends that were not chosen stay on disk`, () => {
    const loaded = loadedWith(entry);
    assert.ok(loaded.length > 50, 'imports are found');
    const backends = loaded.filter(file => /^runtime\/state\/(?:rocksdb|changelog)\//.test(file));
    // the package itself must be loaded by the main thread; the heap restores from logs of a changelog
    const few = ['runtime/state/rocksdb/package.ts', 'runtime/state/changelog/read-log.ts'];
    const more = ['replay', 'entry-scanner', 'log-file'].map(name => `runtime/state/changelog/${name}.ts`);
    for (const file of backends) assert.ok([...few, ...more].includes(file), file);
  });

tests('flinkc run of an artifact in this process needs neither compiler nor client', () => {
  const loaded = loadedWith('bin/commands/run.ts');
  assert.equal(
    loaded.filter(file => /^compiler\/(?!diagnostics\/)|\/rest-client\.ts$/.test(file)),
    [],
  );
});

tests.run();
