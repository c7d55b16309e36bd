/** Every folder fixtures/errors/FC13*: a program whose types are refused, and the diagnostics it must give. */
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { suite } from 'uvu';
import { matchFile } from '../frontend/match-file.js';
import { typeProgram } from './type-program.js';

const errors = suite('errors of types');
for (const name of readdirSync('fixtures/errors').filter(n => n.startsWith('FC13'))) {
  errors(name, async () => {
    const dir = `fixtures/errors/${name}`;
    const { diagnostics } = await typeProgram(resolve(dir), 'input.ts', 'native');
    matchFile(`${dir}/_expected/diagnostics.txt`, diagnostics);
  });
}
errors.run();
