/** Folders fixtures/errors/FC21* and FC302*: a program, and what the graph as a whole says about it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { renderDiagnostic } from '../../compiler/diagnostics/render.js';
import { compileFiles } from '../compile/compile-program.js';
import { matchFile } from '../frontend/match-file.js';

const errors = suite('errors and lints of graphs');
for (const name of readdirSync('fixtures/errors').filter(n => /^FC(?:21|302)/.test(n))) {
  errors(name, async () => {
    const text = readFileSync(join('fixtures/errors', name, 'input.ts'), 'utf8');
    await compileFiles({ 'program.ts': text }, ({ result }) => {
      const rendered = result.diagnostics.map(d => `${renderDiagnostic(d, () => text)}\n`).join('\n');
      matchFile(`fixtures/errors/${name}/_expected/diagnostics.txt`, rendered);
    });
  });
}
errors.run();
