/** The demo of the README: its output and its picture are what flinkc gives today. UPDATE_FIXTURES=1 rewrites both. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { matchFile } from '../frontend/match-file.js';

const demo = suite('demo');
const folder = mkdtempSync(join(tmpdir(), 'flinkc-demo-'));
demo.after(() => rmSync(folder, { recursive: true, force: true }));

const program = 'docs/demo/program.ts';
const lock = process.env['UPDATE_FIXTURES'] === '1' ? [] : ['--frozen-lock'];
const flinkc = (...args: readonly string[]): string =>
  execFileSync(process.execPath, ['--import', 'tsx', 'bin/flinkc.ts', ...args], { encoding: 'utf8' });

demo('prints the table of the README', () => {
  matchFile('docs/demo/output.txt', flinkc('run', '--quiet', ...lock, program));
});

demo('the picture is its plan', () => {
  const file = join(folder, 'plan.svg');
  flinkc('explain', ...lock, program, '-o', file);
  const picture = readFileSync(file, 'utf8');
  matchFile('docs/pictures/demo-plan.svg', picture);
  // a name such as <key> that is not escaped makes the whole picture unreadable
  assert.not.match(picture, /<(?!\/?(?:svg|style|defs|marker|path|rect|g|title|text|line)\b)/);
});

demo.run();
