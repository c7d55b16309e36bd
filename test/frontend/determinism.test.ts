/** The graph depends on nothing but the program: not on the directory, the run, or which promise resolves first. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { stageFixture } from './stage-fixture.js';

for (const program of ['syntax-forms', 'top-level-await', 'modules']) {
  test(`${program} gives the same graph in another directory`, async () => {
    const here = `test/frontend/programs/${program}`;
    const elsewhere = mkdtempSync(path.join(tmpdir(), 'flinkc-test-'));
    try {
      cpSync(here, elsewhere, { recursive: true });
      const [a, b] = [await stageFixture(here), await stageFixture(elsewhere)];
      assert.ok(a.graph && b.graph);
      assert.equal(serialise(b.graph), serialise(a.graph));
      assert.not.match(JSON.stringify(a.graph), process.cwd());
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });
}

function serialise(graph: { readonly sites: ReadonlyMap<unknown, unknown> }): string {
  return JSON.stringify({ ...graph, sites: [...graph.sites] });
}
test.run();
