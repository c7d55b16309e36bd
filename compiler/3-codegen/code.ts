/** Pieces of generated text that remember where they came from, and the writer that turns them into text and a source map. */
import { addSegment, GenMapping, setSourceContent, toEncodedMap } from '@jridgewell/gen-mapping';
import type { Span } from '../ir/index.js';

/** Text of the generator's own, or of the user's file from offset `at` on. */
export type Piece = string | { readonly text: string; readonly file: string; readonly at: number };
export type Code = readonly Piece[];
export type CodeLike = Piece | Code;

export function flatten(parts: readonly CodeLike[]): Code {
  return parts.flatMap(part => (Array.isArray(part) ? (part as Code) : [part as Piece]));
}

export function textOf(code: CodeLike): string {
  if (typeof code === 'string') return code;
  if (Array.isArray(code)) return (code as Code).map(textOf).join('');
  return (code as Exclude<Piece, string>).text;
}

/** Joins codes with a separator. */
export function join(codes: readonly CodeLike[], separator: string): Code {
  return codes.flatMap((code, i) => flatten(i === 0 ? [code] : [separator, code]));
}

interface Line {
  readonly indent: number;
  readonly code: Code;
  readonly origin: Span | null;
}

/** Lines of one part of the module; parts are written in any order and put together at the end. */
export class Lines {
  readonly #lines: (Line | Lines)[] = [];
  /** where lines written from now on belong in the user's program */
  origin: Span | null = null;

  add(indent: number, ...parts: readonly CodeLike[]): void {
    this.#lines.push({ indent, code: flatten(parts), origin: this.origin });
  }
  /** A part that is filled later and stands here. */
  part(): Lines {
    const part = new Lines();
    part.origin = this.origin;
    this.#lines.push(part);
    return part;
  }
  include(part: Lines): void {
    this.#lines.push(part);
  }
  get all(): readonly Line[] {
    return this.#lines.flatMap(line => (line instanceof Lines ? line.all : [line]));
  }
}

export interface WrittenCode {
  readonly code: string;
  readonly map: string;
}

/**
 * Tokens of user text map to their own place, everything else to the operator it was written for: segments without
 * a source would be dropped when maps are composed.
 */
export function writeCode(lines: Lines, file: string, sources: ReadonlyMap<string, string>): WrittenCode {
  const map = new GenMapping({ file });
  const positions = new Map<string, LineStarts>();
  const place = (source: string): LineStarts => {
    let starts = positions.get(source);
    if (!starts) positions.set(source, (starts = new LineStarts(sources.get(source) ?? '')));
    return starts;
  };
  let text = '';
  let line = 0;
  let column = 0;
  const put = (piece: string): void => {
    text += piece;
    const lastBreak = piece.lastIndexOf('\n');
    if (lastBreak < 0) column += piece.length;
    else {
      line += piece.split('\n').length - 1;
      column = piece.length - lastBreak - 1;
    }
  };
  for (const { indent, code, origin } of lines.all) {
    if (code.length > 0) put('  '.repeat(indent));
    for (const piece of code) {
      if (typeof piece === 'string') {
        if (origin) addSegment(map, line, column, origin.file, origin.line - 1, origin.column - 1);
        put(piece);
        continue;
      }
      const starts = place(piece.file);
      for (const token of piece.text.matchAll(/[A-Za-z_$][\w$]*|\s+|\d[\w.]*|./gsu)) {
        if (!/^\s/.test(token[0])) {
          const at = starts.position(piece.at + token.index);
          addSegment(map, line, column, piece.file, at.line, at.column);
        }
        put(token[0]);
      }
    }
    put('\n');
  }
  const encoded = toEncodedMap(map);
  for (const source of encoded.sources) {
    const content = source === null ? undefined : sources.get(source);
    if (source !== null && content !== undefined) setSourceContent(map, source, content);
  }
  return { code: text, map: JSON.stringify(toEncodedMap(map)) };
}

class LineStarts {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1);
  }
  /** zero-based */
  position(offset: number): { readonly line: number; readonly column: number } {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low, column: offset - this.#starts[low]! };
  }
}
