/** What all commands that compile share: options → compile → diagnostics on the terminal. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile, type CompileOptions, type CompileResult } from '../compiler/compile.js';
import type { Diagnostic } from '../compiler/diagnostics/diagnostic.js';
import { renderDiagnostic, summary, wantsColor } from '../compiler/diagnostics/render.js';
import { connectorCompilers } from '../plugins/compilers.js';
import { parsePairs } from './command-line.js';
import { flinkcVersion } from './version.js';

/** Options of every command that takes a program. */
export const compileOptions = {
  minify: { type: 'boolean', help: 'minify the generated code' },
  'frozen-lock': { type: 'boolean', help: 'fail when flinkc.lock.json would change (for CI)' },
  'build-param': {
    type: 'string',
    multiple: true,
    value: 'k=v',
    help: 'value of env.buildParam(k), fixed in the artifact',
  },
  json: { type: 'boolean', help: 'print diagnostics and result as JSON' },
} as const;

export interface CompileFlags {
  readonly minify: boolean;
  readonly 'frozen-lock': boolean;
  readonly 'build-param': readonly string[];
  readonly json: boolean;
}

export function compileSettings(entry: string, flags: CompileFlags): CompileOptions {
  return {
    entry,
    minify: flags.minify,
    lock: flags['frozen-lock'] ? 'frozen' : 'update',
    buildParams: parsePairs('build-param', flags['build-param']),
    connectors: connectorCompilers,
    flinkcVersion,
  };
}
export function compileProgram(entry: string, flags: CompileFlags): Promise<CompileResult> {
  return compile(compileSettings(entry, flags));
}

/** Errors and warnings on standard error; the last line counts them. */
export function printDiagnostics(result: CompileResult): void {
  if (result.diagnostics.length === 0) return;
  const read = (file: string): string | undefined => {
    try {
      return readFileSync(join(result.root, file), 'utf8');
    } catch {
      return undefined;
    }
  };
  const color = wantsColor(process.stderr);
  for (const diagnostic of result.diagnostics)
    process.stderr.write(`${renderDiagnostic(diagnostic, read, { color })}\n\n`);
  process.stderr.write(`${summary(result.diagnostics)}\n`);
}

export function diagnosticsJson(diagnostics: readonly Diagnostic[]): unknown {
  return diagnostics.map(({ code, severity, message, at, fix, notes }) => ({
    code,
    severity,
    message,
    at,
    fix,
    notes,
  }));
}
