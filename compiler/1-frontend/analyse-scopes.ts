/**
 * Scopes, bindings and free variables of one module, from syntax alone: no checker, so that it is ready
 * milliseconds after a keystroke. Types are skipped: a name used only as a type is not a reference.
 *
 * @example
 * const scopes = analyseScopes(syntax.ts, file);
 * const frame = scopes.frames.get(arrow);          // every function-like node and class has a frame
 * for (const free of frame.free.values()) …         // names it takes from outside itself
 * scopes.references.get(identifier)?.binding        // null: a global
 * binding.writes.length > 0                         // assigned after its declaration
 */
import type { ts } from 'ts-morph';
import type { ScopeAnalysis } from './scope.js';
import { ScopeDeclarations } from './scope-declarations.js';
import { ScopeReferences } from './scope-references.js';
import type { TypeScript } from './syntax.js';

/** `pathOf` replaces aliases of the program's modules in specifiers. */
export function analyseScopes(
  library: TypeScript,
  file: ts.SourceFile,
  pathOf: (specifier: string) => string,
): ScopeAnalysis {
  const declared = new ScopeDeclarations(library, file, pathOf);
  const references = new ScopeReferences(library, declared).resolve(file);
  return {
    module: declared.module,
    frames: declared.frames,
    scopes: declared.scopes,
    references,
    imports: declared.imports,
    identifiers: declared.identifiers,
  };
}
