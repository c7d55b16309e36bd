/** Reference pages name what the code has: commands and options, configuration, folders and their imports. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { configurationKeys, parseConfiguration } from '../../runtime/core/configuration.js';

const read = (file: string): string => readFileSync(file, 'utf8');
/** Cells of the tables of a page whose first cell is code. */
function rows(page: string): readonly (readonly string[])[] {
  return page
    .split('\n')
    .filter(line => line.startsWith('| `'))
    .map(line =>
      line
        .split(/(?<!\\)\|/)
        .map(cell => cell.trim())
        .slice(1, -1),
    );
}

const clusterCommands = ['list', 'status', 'cancel', 'stop', 'savepoint', 'checkpoint', 'rescale'];

test('command-line.md: every option of every command', () => {
  const page = read('docs/command-line.md');
  const missing: string[] = [];
  for (const file of ['build', 'run', 'dev', 'explain', 'inspect', 'verify', 'init', ...clusterCommands]) {
    const help = execFileSync(process.execPath, ['--import', 'tsx', 'bin/flinkc.ts', file, '--help'], {
      encoding: 'utf8',
    });
    if (!page.includes(`flinkc ${file}`)) missing.push(file);
    for (const [, option] of help.matchAll(/^ +(?:-\w, | {4})(--[a-zA-Z-]+)/gm))
      if (option !== '--help' && !page.includes(option!) && !page.includes(`${file} -o`))
        missing.push(`${file} ${option}`);
  }
  assert.equal(missing, []);
});

test('configuration.md: every option, and no other', () => {
  const documented = rows(read('docs/configuration.md')).map(([name]) => name!.replaceAll('`', ''));
  assert.equal([...documented].sort(), [...configurationKeys].sort());
});

test('configuration.md: the defaults', () => {
  const defaults = new Map(
    rows(read('docs/configuration.md')).map(cells => [cells[0]!.replaceAll('`', ''), cells[1]!]),
  );
  const given = Object.fromEntries(
    [
      'pipeline.auto-watermark-interval',
      'pipeline.watermark-alignment.allow-unaligned-source-splits',
      'taskmanager.numberOfTaskSlots',
      'taskmanager.memory.segment-size',
      'execution.sorted-inputs.memory',
      'sink.committer.retries',
      'task.cancellation.timeout',
      'metrics.fetcher.update-interval',
      ...configurationKeys.filter(
        key =>
          /^(execution\.checkpointing|restart-strategy|slot|heartbeat|jobmanager|web)\./.test(key) &&
          !['none', 'by checkpoints'].includes(defaults.get(key)!),
      ),
    ].map(name => [name, defaults.get(name)!]),
  );
  // as if somebody wrote the page's defaults down: nothing changes
  const meaning = (entries: Readonly<Record<string, string>>): object => {
    const parsed = parseConfiguration(entries);
    return parsed.ok ? { ...parsed.configuration, withoutEffect: [] } : parsed;
  };
  assert.equal(meaning(given), meaning({}));
});

test('architecture.md: its table of folders is scripts/layers.json', () => {
  const { layers } = JSON.parse(read('scripts/layers.json')) as { layers: Record<string, readonly string[]> };
  for (const [folders, , imports] of rows(read('docs/architecture.md'))) {
    const allowed = [...imports!.matchAll(/`([^`]+)`/g)].map(m => m[1]!);
    for (const [, folder] of folders!.matchAll(/`([^`]+)`/g)) {
      if (folder === 'bin') continue; // in words
      assert.equal([...(layers[folder!] ?? [])].sort(), [...allowed].sort(), folder);
    }
  }
});

test('architecture.md can be read in ten minutes', () => {
  assert.ok(read('docs/architecture.md').split(/\s+/).length < 1800);
});

test.run();
