/** Every folder fixtures/errors/FC14*, FC300* and FC301*: a program, and what lowering and the lints say about it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import { lintProgram } from '../../compiler/1-frontend/lints/index.js';
import { lowerProgram } from '../../compiler/1-frontend/lower/index.js';
import { UserModules } from '../../compiler/1-frontend/modules.js';
import { stageProgram } from '../../compiler/1-frontend/stage.js';
import { loadSyntax } from '../../compiler/1-frontend/syntax.js';
import { bundleStage } from '../../compiler/4-bundle/stage-bundle.js';
import { DiagnosticLog } from '../../compiler/diagnostics/diagnostic.js';
import { renderDiagnostic } from '../../compiler/diagnostics/render.js';
import { matchFile } from '../frontend/match-file.js';

const errors = suite('errors and lints of user functions');
for (const name of readdirSync('fixtures/errors').filter(n => /^FC(?:14|30[01])/.test(n))) {
  errors(name, async () => {
    const root = resolve('fixtures/errors', name);
    const log = new DiagnosticLog();
    const modules = new UserModules(await loadSyntax(), root);
    const graph = await stageProgram({
      entry: 'input.ts',
      root,
      bundle: bundleStage,
      log,
      env: {},
      buildParams: {},
      modules,
    });
    if (graph) {
      lowerProgram(graph, modules, log);
      lintProgram(graph, modules, log);
    }
    const read = (file: string): string => readFileSync(join(root, file), 'utf8');
    const rendered = log.all.map(d => `${renderDiagnostic(d, read)}\n`).join('\n');
    matchFile(`fixtures/errors/${name}/_expected/diagnostics.txt`, rendered);
  });
}
errors.run();
