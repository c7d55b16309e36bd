/**
 * The door to TypeScript's syntax trees. ts-morph carries the TypeScript library; it takes a few hundred
 * milliseconds to load, so it is loaded on first use and kept for watch rebuilds.
 *
 * @example
 * const syntax = await loadSyntax();
 * const file = syntax.parse('src/orders.ts', text);
 * if (syntax.ts.isArrowFunction(node)) spanOf(file, node);
 */
import { createRequire } from 'node:module';
import type { ts } from 'ts-morph';
import type { Span } from '../ir/span.js';

export type TypeScript = typeof ts;

export interface Syntax {
  /** Node tests (`ts.isCallExpression`), kinds and walkers. No program and no checker are ever made from it. */
  readonly ts: TypeScript;
  /** Parses one module. `file` is root-relative with '/'; parents are set. */
  parse(file: string, text: string): ts.SourceFile;
}

let loading: Promise<Syntax> | null = null;

/** require() instead of import(): the module loader would scan nine megabytes of CommonJS for its exports first. */
const require = createRequire(import.meta.url);

export function loadSyntax(): Promise<Syntax> {
  loading ??= Promise.resolve().then(() => {
    const { ts: library } = require('ts-morph') as typeof import('ts-morph');
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

/** A range of a source file as a place for diagnostics and origins. */
export function spanAt(file: ts.SourceFile, start: number, end: number): Span {
  const { line, character } = file.getLineAndCharacterOfPosition(start);
  return { file: file.fileName, start, end, line: line + 1, column: character + 1 };
}

/** Span of a node without its leading comments. */
export function spanOf(file: ts.SourceFile, node: ts.Node): Span {
  return spanAt(file, node.getStart(file), node.end);
}
