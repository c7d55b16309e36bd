/** Syntax trees of the program's modules, parsed when first looked at, and nodes by their range. */
import { readFileSync } from 'node:fs';
import type { ts } from 'ts-morph';
import { loadSyntax, type TypeScript } from '../syntax.js';
import type { NodeRange } from './checker.js';
import type { Project } from './project.js';

export class ProgramSyntax {
  readonly ts: TypeScript;
  readonly #project: Project;
  readonly #parse: (file: string) => ts.SourceFile;
  readonly #files = new Map<string, ts.SourceFile>();

  private constructor(library: TypeScript, project: Project, parse: (file: string) => ts.SourceFile) {
    this.ts = library;
    this.#project = project;
    this.#parse = parse;
  }

  static async open(project: Project): Promise<ProgramSyntax> {
    const syntax = await loadSyntax();
    return new ProgramSyntax(syntax.ts, project, file =>
      syntax.parse(file, readFileSync(project.absolute(file), 'utf8')),
    );
  }

  file(name: string): ts.SourceFile {
    let file = this.#files.get(name);
    if (!file) this.#files.set(name, (file = this.#parse(name)));
    return file;
  }

  /** The files are parsed again when next looked at. */
  forget(files: readonly string[]): void {
    for (const file of files)
      this.#files.delete(this.#project.relative(this.#project.absolute(file)) ?? file);
  }

  /** The node with exactly this range that passes the test; an expression and its statement may share one. */
  at<N extends ts.Node>(range: NodeRange, test: (node: ts.Node) => node is N): N | null {
    const file = this.file(range.file);
    let node: ts.Node | undefined = file;
    while (node) {
      if (node.getStart(file) === range.start && node.end === range.end && test(node)) return node;
      node = this.ts.forEachChild(node, child =>
        child.getStart(file) <= range.start && range.end <= child.end ? child : undefined,
      );
    }
    return null;
  }

  rangeOf(node: ts.Node): NodeRange {
    const file = node.getSourceFile();
    return { file: file.fileName, start: node.getStart(file), end: node.end };
  }
}
