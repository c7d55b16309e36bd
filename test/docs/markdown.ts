/** Fenced blocks and links of the documentation. */
import { globSync } from 'tinyglobby';
import { readFileSync, writeFileSync } from 'node:fs';

export interface Block {
  readonly file: string;
  /** of the first line of its text, from 1 */
  readonly line: number;
  /** what follows the fence: 'ts', 'ts program' */
  readonly info: string;
  readonly text: string;
  /** the next block, when it is the result of this one: a `text` fence that follows it */
  readonly result: Block | null;
}

export const documents: readonly string[] = globSync(
  ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs/**/*.md'],
  { ignore: ['docs/errors.md'] },
).sort();

/**
 * The blocks of a document. `<!-- snippets` … `-->` holds what the `ts` blocks of the page that import nothing
 * themselves take as given: imports and declarations that would only repeat what the text says.
 */
export function readDocument(file: string): { readonly blocks: readonly Block[]; readonly given: string } {
  const lines = readFileSync(file, 'utf8').split('\n');
  const found: Omit<Block, 'result'>[] = [];
  let given = '';
  for (let i = 0; i < lines.length; i++) {
    const end = (closing: string): number => {
      const at = lines.indexOf(closing, i + 1);
      if (at < 0) throw new Error(`${file}:${i + 1}: no end of the block`);
      return at;
    };
    if (lines[i] === '<!-- snippets') {
      const last = end('-->');
      given = lines.slice(i + 1, last).join('\n');
      i = last;
    } else if (lines[i]!.startsWith('```')) {
      const last = end('```');
      found.push({
        file,
        line: i + 2,
        info: lines[i]!.slice(3).trim(),
        text: lines.slice(i + 1, last).join('\n'),
      });
      i = last;
    }
  }
  const blocks: Block[] = found.map(block => ({ ...block, result: null }));
  blocks.forEach((block, i) => {
    const next = blocks[i + 1];
    if (next?.info === 'text') blocks[i] = { ...block, result: next };
  });
  return { blocks, given };
}

/** Puts new texts into blocks, from the last to the first so that lines stay where they are. */
export function replaceBlocks(texts: ReadonlyMap<Block, string>): void {
  const lastFirst = [...texts].sort(([a], [b]) => b.line - a.line);
  for (const [{ file, line }, text] of lastFirst) {
    const lines = readFileSync(file, 'utf8').split('\n');
    lines.splice(line - 1, lines.indexOf('```', line - 1) - (line - 1), ...text.split('\n'));
    writeFileSync(file, lines.join('\n'));
  }
}

export interface Link {
  readonly file: string;
  readonly line: number;
  readonly target: string;
}

/** Links and pictures outside code. */
export function readLinks(file: string): readonly Link[] {
  const links: Link[] = [];
  let fenced = false;
  readFileSync(file, 'utf8')
    .split('\n')
    .forEach((text, i) => {
      if (text.startsWith('```')) fenced = !fenced;
      if (fenced) return;
      for (const match of text.replaceAll(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g))
        links.push({ file, line: i + 1, target: match[1] ?? match[2]! });
    });
  return links;
}

/** Anchors of a document's headings, as GitHub makes them. */
export function anchorsOf(file: string): ReadonlySet<string> {
  return new Set(
    [...readFileSync(file, 'utf8').matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
