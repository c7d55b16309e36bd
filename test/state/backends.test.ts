/**
 * The conformance suite of state backends: the tests of keyed state, TTL, timers and snapshots, and those of operators
 * that keep state, on every backend but the one they run on anyway.
 */
import { spawnSync } from 'node:child_process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const suites = [
  ['test/state', '^(keyed-state|ttl|timers|snapshot)\\.test\\.ts$'],
  ['test/operators', '\\.test\\.ts$'],
  ['test/joins', '\\.test\\.ts$'],
] as const;

for (const backend of ['hashmap+changelog', 'rocksdb', 'rocksdb+changelog'] as const) {
  for (const [folder, pattern] of suites) {
    test(`${backend}: ${folder}`, () => {
      const { stdout, stderr, status } = spawnSync(
        process.execPath,
        ['--import', 'tsx', 'node_modules/uvu/bin.js', folder, pattern],
        { env: { ...process.env, STATE_BACKEND: backend }, encoding: 'utf8' },
      );
      assert.is(status, 0, `${stdout}\n${stderr}`);
      const passed = /Passed:\s+(\d+)/.exec(stdout)?.[1];
      assert.ok(Number(passed) > 5, `${passed} tests passed`);
    });
  }
}

test.run();
