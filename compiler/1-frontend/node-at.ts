/** From places back to syntax. */
import type { ts } from 'ts-morph';
import type { TypeScript } from './syntax.js';

/** The innermost node that covers a range. */
export function nodeAt(
  library: TypeScript,
  file: ts.SourceFile,
  { start, end }: { readonly start: number; readonly end: number },
): ts.Node {
  let found: ts.Node = file;
  const visit = (node: ts.Node): void => {
    if (node.getStart(file) > start || node.end < end) return;
    found = node;
    library.forEachChild(node, visit);
  };
  library.forEachChild(file, visit);
  return found;
}
