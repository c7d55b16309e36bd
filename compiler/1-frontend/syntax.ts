/**
 * The door to TypeScript's syntax trees. The TypeScript library is that of ts-morph, in the built package only what
 * typescript-names.ts lists of it. It is loaded on first use and kept for watch rebuilds.
 *
 * @example
 * const syntax = await loadSyntax();
 * const file = syntax.parse('src/orders.ts', text);
 * if (syntax.ts.isArrowFunction(node)) spanOf(file, node);
 */
import { createRequire } from 'node:module';
import type { ts } from 'ts-morph';
import type { Span } from '../ir/span.js';
import type { TypeScript } from './typescript-names.js';

export type { TypeScript };

export interface Syntax {
  /** Node tests (`ts.isCallExpression`), kinds and walkers. No program and no checker are ever made from it. */
  readonly ts: TypeScript;
  /** Parses one module. `file` is root-relative with '/'; parents are set. */
  parse(file: string, text: string): ts.SourceFile;
}

let loading: Promise<Syntax> | null = null;

export function loadSyntax(): Promise<Syntax> {
  loading ??= Promise.resolve().then(() => {
    const library = loadLibrary();
    return {
      ts: library,
      parse: (file, text) =>
        library.createSourceFile(
          file,
          text,
          library.ScriptTarget.ESNext,
          /* setParentNodes */ true,
          library.ScriptKind.TS,
        ),
    };
  });
  return loading;
}

/** Run from TypeScript sources, there is no build that made the smaller module. */
function loadLibrary(): TypeScript {
  // not import(): the module loader would scan all of CommonJS for its exports first
  const require = createRequire(import.meta.url);
  return import.meta.url.endsWith('.ts')
    ? (require('ts-morph') as typeof import('ts-morph')).ts
    : (require('./typescript.cjs') as TypeScript);
}

/** A range of a source file as a place for diagnostics and origins. */
export function spanAt(file: ts.SourceFile, start: number, end: number): Span {
  const { line, character } = file.getLineAndCharacterOfPosition(start);
  return { file: file.fileName, start, end, line: line + 1, column: character + 1 };
}

/** Span of a node without its leading comments. */
export function spanOf(file: ts.SourceFile, node: ts.Node): Span {
  return spanAt(file, node.getStart(file), node.end);
}
