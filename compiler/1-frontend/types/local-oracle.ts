/** Types and TypeScript's diagnostics of one program, on the calling thread. */
import { DiagnosticLog, type Diagnostic } from '../../diagnostics/diagnostic.js';
import type { Graph, OpId, OpTypes } from '../../ir/index.js';
import type { Checker, ProgramChecker } from './checker.js';
import { ProgramSyntax } from './program-syntax.js';
import type { Project } from './project.js';
import { typesOf } from './type-graph.js';

export type CheckerName = 'native' | 'ts-morph';

export interface TypedOps {
  readonly types: ReadonlyMap<OpId, OpTypes> | null;
  readonly diagnostics: readonly Diagnostic[];
}

export class LocalOracle {
  readonly #project: Project;
  #checker: ProgramChecker;
  #name: CheckerName;
  #syntax: Promise<ProgramSyntax> | null = null;
  #diagnostics: readonly Diagnostic[] | null = null;

  private constructor(project: Project, name: CheckerName, checker: ProgramChecker) {
    this.#project = project;
    this.#name = name;
    this.#checker = checker;
  }

  /** @param name the checker to use; by default the native one where there is one for the platform */
  static async open(project: Project, name: CheckerName | null): Promise<LocalOracle> {
    if (name !== 'ts-morph') {
      try {
        const { NativeChecker } = await import('./native-checker.js');
        return new LocalOracle(project, 'native', new NativeChecker(project));
      } catch (error) {
        if (name === 'native') throw error;
      }
    }
    return new LocalOracle(project, 'ts-morph', await openMorph(project));
  }

  /** An oracle on a checker that is open already. */
  static with(project: Project, name: CheckerName, checker: ProgramChecker): LocalOracle {
    return new LocalOracle(project, name, checker);
  }

  get checker(): CheckerName {
    return this.#name;
  }

  async diagnostics(): Promise<readonly Diagnostic[]> {
    this.#diagnostics ??= await this.#ask(checker => checker.diagnostics());
    return this.#diagnostics;
  }

  async types(graph: Graph): Promise<TypedOps> {
    this.#syntax ??= ProgramSyntax.open(this.#project);
    const syntax = await this.#syntax;
    return this.#ask(checker => {
      const log = new DiagnosticLog();
      return { types: typesOf(graph, checker, syntax, log), diagnostics: log.all };
    });
  }

  /**
   * Files that were changed, made or deleted since the program was read: absolute, or relative to the root. A changed
   * tsconfig.json needs a new oracle.
   */
  async update(files: readonly string[]): Promise<void> {
    this.#diagnostics = null;
    (await this.#syntax)?.forget(files);
    try {
      this.#checker.update(files);
    } catch (error) {
      await this.#fallBack(error);
    }
  }

  close(): void {
    this.#checker.close();
  }

  /** The native checker's API is young and its process may die: what it cannot answer, the other checker can. */
  async #ask<T>(question: (checker: Checker) => T): Promise<T> {
    try {
      return question(this.#checker);
    } catch (error) {
      await this.#fallBack(error);
      return question(this.#checker);
    }
  }

  async #fallBack(error: unknown): Promise<void> {
    if (this.#name === 'ts-morph') throw error;
    this.#checker.close();
    this.#checker = await openMorph(this.#project);
    this.#name = 'ts-morph';
  }
}

/** Loaded only where it is needed: TypeScript in JavaScript takes as long to load as the native checker to answer. */
async function openMorph(project: Project): Promise<ProgramChecker> {
  const { MorphChecker } = await import('./morph-checker.js');
  return new MorphChecker(project);
}
