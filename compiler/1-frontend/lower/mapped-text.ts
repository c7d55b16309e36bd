/** Text put together from pieces of one user module and glue, with a source map back to that module. */
import { addSegment, GenMapping, setSourceContent, toEncodedMap } from '@jridgewell/gen-mapping';
import type { ts } from 'ts-morph';
import type { UserModule } from '../modules.js';
import type { TypeScript } from '../syntax.js';

export class MappedText {
  readonly #module: UserModule;
  readonly #tokens: readonly number[];
  readonly #map: GenMapping;
  readonly #pieces: string[] = [];
  #line = 0;
  #column = 0;

  constructor(library: TypeScript, module: UserModule) {
    this.#module = module;
    this.#tokens = tokenStarts(library, module.source);
    this.#map = new GenMapping({ file: module.file });
    setSourceContent(this.#map, module.file, module.text);
  }

  /** Text that is not the user's. */
  glue(text: string): this {
    addSegment(this.#map, this.#line, this.#column);
    this.#append(text);
    return this;
  }

  /** A range of the user's module, mapped token by token. */
  copy(start: number, end: number): this {
    let at = start;
    for (let next = firstAfter(this.#tokens, start); at < end; next++) {
      const { line, character } = this.#module.source.getLineAndCharacterOfPosition(at);
      addSegment(this.#map, this.#line, this.#column, this.#module.file, line, character);
      const stop = Math.min(end, this.#tokens[next] ?? end);
      this.#append(this.#module.text.slice(at, stop));
      at = stop;
    }
    return this;
  }

  finish(): { readonly code: string; readonly map: string } {
    return { code: this.#pieces.join(''), map: JSON.stringify(toEncodedMap(this.#map)) };
  }

  #append(text: string): void {
    this.#pieces.push(text);
    const lines = text.split('\n');
    this.#line += lines.length - 1;
    this.#column = (lines.length === 1 ? this.#column : 0) + lines.at(-1)!.length;
  }
}

/** Starts of all nodes and of all lines inside templates and comments between them. */
function tokenStarts(library: TypeScript, file: ts.SourceFile): readonly number[] {
  const starts = new Set<number>(file.getLineStarts());
  const visit = (node: ts.Node): void => {
    starts.add(node.getStart(file));
    library.forEachChild(node, visit);
  };
  visit(file);
  return [...starts].sort((a, b) => a - b);
}

function firstAfter(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
