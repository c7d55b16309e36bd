/** Makes small graphs around functions of a program given as text. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lowerProgram } from '../../compiler/1-frontend/lower/index.js';
import { UserModules } from '../../compiler/1-frontend/modules.js';
import { loadSyntax } from '../../compiler/1-frontend/syntax.js';
import { DiagnosticLog } from '../../compiler/diagnostics/diagnostic.js';
import type { Graph, Op } from '../../compiler/ir/graph.js';
import type { Fragments, LoweredFn, LoweredProgram, Result, Usage } from '../../compiler/ir/lambda.js';
import type { Captures, SiteId, Value } from '../../compiler/ir/value.js';

export type Files = Readonly<Record<string, string>>;
export type OpSpec = {
  readonly kind: 'map' | 'filter' | 'flatMap' | 'reduce' | 'process';
  readonly fn: Value;
};

const syntax = await loadSyntax();

export interface Program {
  readonly graph: Graph;
  readonly modules: UserModules;
}

export function program(files: Files, ops: readonly OpSpec[]): Program {
  const root = mkdtempSync(path.join(tmpdir(), 'flinkc-lower-'));
  try {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      writeFileSync(path.join(root, file), text);
    }
    const modules = new UserModules(syntax, root);
    const parsed = Object.keys(files).map(file => modules.read(file));
    const sites = new Map(parsed.flatMap(m => [...m.sites.values()]).map(site => [site.id, site]));
    // resolve() looks at the disk, which is gone by the time of lowering
    const known = new Set(Object.keys(files));
    modules.read = file => parsed.find(m => m.file === file)!;
    modules.resolve = (from, specifier) => resolveIn(known, from, specifier);
    const graph: Graph = {
      ops: ops.map((spec, id) => op(spec, id)),
      sites,
      tags: [],
      parameters: [],
      settings: {
        jobName: 'test',
        parallelism: null,
        maxParallelism: null,
        runtimeMode: 'STREAMING',
        bufferTimeout: null,
        chaining: true,
        configuration: {},
      },
      effects: [],
      modules: Object.keys(files).sort(),
    };
    return { graph, modules };
  } finally {
    rmSync(root, { recursive: true });
  }
}

function resolveIn(files: ReadonlySet<string>, from: string, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null;
  const target = path.posix.join(path.posix.dirname(from), specifier.replace(/\.js$/, ''));
  return [`${target}.ts`, `${target}/index.ts`].find(file => files.has(file)) ?? null;
}

function op(spec: OpSpec, id: number): Op {
  return {
    id,
    inputs: [],
    origin: { file: 'main.ts', start: 0, end: 0, line: 1, column: 1 },
    symbolPath: '',
    name: null,
    uid: null,
    uidHash: null,
    description: null,
    parallelism: null,
    maxParallelism: null,
    chaining: 'always',
    slotSharingGroup: null,
    bufferTimeout: null,
    ...spec,
  };
}

export function lower(
  files: Files,
  ops: readonly OpSpec[],
): { readonly program: LoweredProgram; readonly log: DiagnosticLog } {
  const { graph, modules } = program(files, ops);
  const log = new DiagnosticLog();
  return { program: lowerProgram(graph, modules, log), log };
}

export function fn(site: string, captures: Captures = {}): Value {
  return { t: 'function', id: 0, site: site as SiteId, captures };
}

export interface LambdaOptions {
  readonly kind?: OpSpec['kind'];
  readonly captures?: Captures;
  /** local names around the function */
  readonly names?: readonly string[];
  /** module-level text */
  readonly before?: string;
}

/** Lowers `code` as a function declared inside another, so that it cannot be imported. */
export function lowerLambda(code: string, options: LambdaOptions = {}): LoweredFn {
  const { kind = 'map', captures = {}, names = [], before = '' } = options;
  const value = fn('main.ts#main.f', captures);
  const text = `${before}\nexport function main() {\n${names.map(n => `let ${n};`).join('')}  const f = ${code};\n  return f;\n}\n`;
  const { program: lowered, log } = lower({ 'main.ts': text }, [{ kind, fn: value }]);
  if (log.hasErrors) throw new Error(log.all.map(d => `${d.code} ${d.message}`).join('\n'));
  return lowered.functions.get(value)!;
}

/** `⟨0.bid.price⟩` field, `⟨0⟩` parameter, `⟨?0.bid⟩` presence, `⟪x⟫` capture, `‹x›` local; `!` after shorthand names. */
export function show(code: Fragments): string {
  return code
    .map(f => {
      switch (f.kind) {
        case 'text':
        case 'glue':
          return f.text;
        case 'field':
          return `⟨${[f.param, ...f.path].join('.')}⟩`;
        case 'param':
          return `⟨${f.param}⟩`;
        case 'presence':
          return `⟨?${f.absent} ${[f.param, ...f.path].join('.')}⟩`;
        case 'capture':
          return `⟪${f.name}${f.shorthand ? '!' : ''}⟫`;
        case 'local':
          return `‹${f.name}${f.shorthand ? '!' : ''}›`;
      }
    })
    .join('');
}

function showResult(result: Result): string {
  switch (result.kind) {
    case 'expression':
      return `${result.pure ? '' : 'impure '}${show(result.code)}`;
    case 'path':
      return `path ${[result.param, ...result.path].join('.')}`;
    case 'struct':
      return `{ ${result.entries
        .map(e =>
          e.kind === 'field'
            ? `${e.name}: ${showResult(e.value)}`
            : `...${[e.param, ...e.path].join('.')}${e.omit.length > 0 ? ` - ${e.omit.join(' ')}` : ''}`,
        )
        .join(', ')} }`;
  }
}

export function showInline(lowered: LoweredFn): string {
  if (!lowered.inline) return 'call';
  return [...lowered.inline.prologue.map(code => `${show(code)};`), showResult(lowered.inline.result)].join(
    ' ',
  );
}

/** `*` all, `-` none, `{a, b?, c{d}}`; `b?` is presence only. */
export function showUsage(usage: Usage | undefined): string {
  if (usage === undefined || usage === 'none') return '-';
  if (usage === 'all') return '*';
  const field = (name: string): string => {
    const part = usage.fields[name]!;
    if (part === 'all') return name;
    const isPresence = part !== 'none' && Object.keys(part.fields).length === 0;
    return isPresence ? `${name}?` : name + showUsage(part);
  };
  return `{${Object.keys(usage.fields).sort().map(field).join(', ')}}`;
}
