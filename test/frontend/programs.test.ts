/** Every folder test/frontend/programs: a program and the graph it must give. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { matchFile } from './match-file.js';
import { printGraph } from './print-graph.js';
import { stageFixture, type StageFixtureOptions } from './stage-fixture.js';

const programs = suite('graphs of staged programs');
for (const name of readdirSync('test/frontend/programs')) {
  programs(name, async () => {
    const dir = `test/frontend/programs/${name}`;
    const config = `${dir}/_config.json`;
    const options = existsSync(config)
      ? (JSON.parse(readFileSync(config, 'utf8')) as StageFixtureOptions)
      : {};
    const { graph, diagnostics } = await stageFixture(dir, options);
    assert.is(diagnostics, '');
    matchFile(`${dir}/_expected/graph.txt`, printGraph(graph!));
  });
}
programs.run();
