/** Stages a program as `flinkc build` does, and shows diagnostics as users see them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { lockGraph } from '../../compiler/1-frontend/lock-file.js';
import { UserModules } from '../../compiler/1-frontend/modules.js';
import { stageProgram, type StageOptions } from '../../compiler/1-frontend/stage.js';
import { loadSyntax } from '../../compiler/1-frontend/syntax.js';
import { bundleStage } from '../../compiler/4-bundle/stage-bundle.js';
import { DiagnosticLog } from '../../compiler/diagnostics/diagnostic.js';
import { renderDiagnostic } from '../../compiler/diagnostics/render.js';
import type { Graph } from '../../compiler/ir/graph.js';

export interface StageFixtureOptions extends Partial<
  Pick<StageOptions, 'entry' | 'env' | 'buildParams' | 'timeoutMs'>
> {
  /** apply flinkc.lock.json */
  readonly lock?: boolean;
  readonly frozen?: boolean;
}
export interface StagedFixture {
  readonly graph: Graph | null;
  /** all diagnostics, rendered */
  readonly diagnostics: string;
  readonly save: () => void;
}

export async function stageFixture(root: string, options: StageFixtureOptions = {}): Promise<StagedFixture> {
  const log = new DiagnosticLog();
  const absolute = path.resolve(root);
  const modules = new UserModules(await loadSyntax(), absolute);
  const { entry = 'input.ts', env = {}, buildParams = {}, lock = false, frozen = false, ...rest } = options;
  let graph = await stageProgram({
    entry,
    root: absolute,
    bundle: bundleStage,
    log,
    env,
    buildParams,
    modules,
    ...rest,
  });
  let save = (): void => undefined;
  if (graph && lock) {
    const locked = lockGraph({ graph, modules, entry, log, frozen });
    graph = locked?.graph ?? null;
    if (locked) save = () => locked.save();
  }
  const read = (file: string): string => readFileSync(path.join(absolute, file), 'utf8');
  return { graph, diagnostics: log.all.map(d => `${renderDiagnostic(d, read)}\n`).join('\n'), save };
}
