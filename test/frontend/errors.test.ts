/** Every folder fixtures/errors/FC1[0-2]*: a wrong program and the diagnostics it must give. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import { matchFile } from './match-file.js';
import { stageFixture, type StageFixtureOptions } from './stage-fixture.js';

const errors = suite('errors of staging');
for (const name of readdirSync('fixtures/errors').filter(n => /^FC1[0-2]/.test(n))) {
  errors(name, async () => {
    const dir = `fixtures/errors/${name}`;
    const config = `${dir}/_config.json`;
    const options = existsSync(config)
      ? (JSON.parse(readFileSync(config, 'utf8')) as StageFixtureOptions)
      : {};
    const { diagnostics } = await stageFixture(dir, options);
    matchFile(`${dir}/_expected/diagnostics.txt`, diagnostics);
  });
}
errors.run();
