import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';

/** Compares with a golden file; UPDATE_FIXTURES=1 rewrites it. */
export function matchFile(file: string, actual: string): void {
  if (process.env['UPDATE_FIXTURES'] === '1') {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, actual);
  }
  assert.ok(existsSync(file), `${file} is missing: run with UPDATE_FIXTURES=1 and review it`);
  assert.fixture(actual, readFileSync(file, 'utf8'));
}
