/** Turns what happened in the staging worker into diagnostics at the user's lines. */
import { SourceMap, type SourceMapPayload } from 'node:module';
import { diagnose } from '../diagnostics/diagnose.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { messages, type MessageCode } from '../diagnostics/messages.generated.js';
import type { Span } from '../ir/span.js';
import type { StageBundle, StageBundlePlace, StageBundleProblem } from '../ir/stage-bundler.js';
import { parseSite } from './call-site.js';
import { isExternalImport } from './sites.js';
import type { UserModules } from './modules.js';
import { stageFile, type StagedMistake, type StageReport } from './stage-protocol.js';
import { spanAt, spanOf } from './syntax.js';

export interface StageDiagnosticsOptions {
  readonly modules: UserModules;
  readonly entry: string;
  readonly timeoutMs: number;
  /** the staged bundle again, now with its source map */
  readonly bundle: () => Promise<StageBundle>;
}

/** How many callers of a failing line are shown. */
const maxCallers = 3;

export class StageDiagnostics {
  readonly #options: StageDiagnosticsOptions;
  /** made only when a stack trace must be read */
  #map: Promise<SourceMap> | null = null;

  constructor(options: StageDiagnosticsOptions) {
    this.#options = options;
  }

  async of(report: StageReport): Promise<readonly Diagnostic[]> {
    const found: Diagnostic[] = [];
    for (const mistake of report.mistakes) found.push(await this.#mistake(mistake));
    found.push(...(await this.#end(report)));
    for (const { effect, stack } of report.effects) {
      if (effect.startsWith('env:')) continue;
      const [at] = await this.#userFrames(stack);
      if (at) found.push(diagnose('FC1206', { what: effect.slice(effect.indexOf(':') + 1) }, at));
    }
    found.push(...duplicateUids(report));
    return found;
  }

  async #mistake({ code, args, site, stack }: StagedMistake): Promise<Diagnostic> {
    if (!(code in messages)) throw new Error(`compiler bug: the API reported an unknown message ${code}`);
    const at = site === null ? ((await this.#userFrames(stack ?? ''))[0] ?? null) : parseSite(site);
    return diagnose(code as MessageCode, args, at);
  }

  async #end(report: StageReport): Promise<readonly Diagnostic[]> {
    const { end } = report;
    switch (end.kind) {
      case 'executed':
        return [];
      case 'finished':
        return [diagnose('FC1203', {}, this.#lastCall(report))];
      case 'timedOut': {
        const [busyAt] = await this.#userFrames(end.stack);
        // a loop is stopped at any of its words
        const at =
          (busyAt && this.#lineOf(busyAt)) ??
          (end.waitingAt === null ? this.#lastCall(report) : parseSite(end.waitingAt));
        return [diagnose('FC1205', { seconds: String(this.#options.timeoutMs / 1000) }, at)];
      }
      case 'exited': {
        const [at = this.#start()] = await this.#userFrames(end.stack);
        return [diagnose('FC1207', { code: String(end.exitCode) }, at)];
      }
      case 'threw': {
        // a stand-in that was looked at has been reported already, with its own message
        if (end.name === 'ParameterRead') return [];
        const missing = missingExport(end.message, this.#options.modules);
        if (missing) return [missing];
        const [at = this.#start(), ...callers] = await this.#userFrames(end.stack);
        const [firstLine] = end.message.split('\n');
        const error = end.name === '' || end.name === 'Error' ? firstLine! : `${end.name}: ${firstLine}`;
        const notes = callers.slice(0, maxCallers).map(caller => ({ text: 'called from', at: caller }));
        return [diagnose('FC1202', { error }, at, { notes })];
      }
    }
  }

  /** Frames of a stack trace that lie in the user's modules, innermost first. */
  async #userFrames(stack: string): Promise<readonly Span[]> {
    const positions = [...stack.matchAll(new RegExp(`${stageFile}:(\\d+):(\\d+)`, 'g'))];
    if (positions.length === 0) return [];
    this.#map ??= this.#options
      .bundle()
      .then(({ map }) => new SourceMap(JSON.parse(map!) as SourceMapPayload));
    const map = await this.#map;
    return positions.flatMap(([, line, column]) => {
      const entry = map.findEntry(Number(line) - 1, Number(column) - 1);
      if (!('originalSource' in entry)) return [];
      return this.#spanAt(entry.originalSource, entry.originalLine, entry.originalColumn) ?? [];
    });
  }

  /** The word at a place of a user's module; null for other files. */
  #spanAt(source: string, line: number, column: number): Span | null {
    const module = this.#options.modules.known(source);
    if (!module) return null;
    const mapped = module.source.getPositionOfLineAndCharacter(line, column);
    // what the instrumenter put in maps to the gap before it
    const start = mapped + /^\s*/.exec(module.text.slice(mapped))![0].length;
    const [word] = /^(?:[\w$]+|.?)/.exec(module.text.slice(start))!;
    return spanAt(module.source, start, start + word.length);
  }

  #lineOf({ file, line }: Span): Span {
    const { source, text } = this.#options.modules.known(file)!;
    const lineStart = source.getLineStarts()[line - 1]!;
    const [, indent, code] = /^(\s*)(.*)/.exec(text.slice(lineStart))!;
    const start = lineStart + indent!.length;
    return spanAt(source, start, start + code!.trimEnd().length);
  }

  #lastCall(report: StageReport): Span {
    const sites = report.ops.flatMap(op => (op.site === null ? [] : [parseSite(op.site)]));
    return sites.at(-1) ?? this.#start();
  }

  #start(): Span {
    const { modules, entry } = this.#options;
    const { source } = modules.known(entry)!;
    const [first] = source.statements;
    return first ? spanOf(source, first) : spanAt(source, 0, 0);
  }
}

/** The bundle could not be linked: Node says which name is missing, the program where it is imported. */
function missingExport(message: string, modules: UserModules): Diagnostic | null {
  const name = /^Named export '(.+?)' not found|does not provide an export named '(.+?)'/
    .exec(message)
    ?.slice(1)
    .find(Boolean);
  if (name === undefined) return null;
  for (const { source, scopes } of modules.all()) {
    for (const { imported, declaration } of scopes.imports) {
      if (imported?.name !== name || !isExternalImport(imported.from)) continue;
      return diagnose('FC1007', { specifier: imported.from, name }, spanOf(source, declaration));
    }
  }
  return null;
}

function duplicateUids({ ops }: StageReport): readonly Diagnostic[] {
  const first = new Map<string, Span | null>();
  return ops.flatMap(({ settings: { uid }, site }) => {
    if (uid === null) return [];
    const at = site === null ? null : parseSite(site);
    const other = first.get(uid);
    if (other === undefined) {
      first.set(uid, at);
      return [];
    }
    return [
      diagnose('FC1208', { uid }, at, { notes: [{ text: 'the first operator with this uid', at: other }] }),
    ];
  });
}

export function bundleProblem(problem: StageBundleProblem, modules: UserModules): Diagnostic {
  if (problem.kind === 'failed') {
    const at = problem.at && placeOf(problem.at, modules);
    return diagnose('FC1006', { text: problem.text }, at);
  }
  const { importer, specifier, library } = problem;
  const module = modules.known(importer);
  const literal = module?.source.statements.flatMap(statement => {
    const { moduleSpecifier } = statement as {
      readonly moduleSpecifier?: import('ts-morph').ts.StringLiteral;
    };
    return moduleSpecifier?.text === specifier ? [moduleSpecifier] : [];
  })[0];
  const hint =
    library.length > 0
      ? `import one of ${library.join(', ')}.`
      : unresolvedHint(specifier, modules.aliases.targets(specifier));
  return diagnose('FC1003', { specifier, hint }, module && literal ? spanOf(module.source, literal) : null);
}

/** `targets`: where tsconfig.json says that the module lies. */
function unresolvedHint(specifier: string, targets: readonly string[]): string {
  if (/^[./]/.test(specifier)) return 'check the path; with NodeNext modules it ends in .js.';
  if (specifier.startsWith('#'))
    return "check `imports` in package.json, which says what '#' names stand for.";
  const install = `install the package: npm install ${packageName(specifier)}`;
  if (targets.length === 0) return install;
  const places = targets.map(target => `'${target}'`).join(' or ');
  return `tsconfig.json sends it to ${places}, where no module is: add it or mend \`paths\`. If it is a package, ${install}`;
}

function placeOf({ file, line, word }: StageBundlePlace, modules: UserModules): Span | null {
  const module = modules.known(file);
  const lineStart = module?.source.getLineStarts()[line - 1];
  if (lineStart === undefined) return null;
  const column = module!.text.slice(lineStart).split('\n', 1)[0]!.indexOf(word);
  const start = lineStart + Math.max(column, 0);
  return spanAt(module!.source, start, start + (column < 0 ? 0 : word.length));
}

function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}
