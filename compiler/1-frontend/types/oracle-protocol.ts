/** What the compiler's thread asks the oracle's thread, and the answers. */
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import type { Graph } from '../../ir/index.js';
import type { CheckerName, TypedOps } from './local-oracle.js';
import type { ProjectOptions } from './project.js';

export interface OracleStart {
  readonly project: ProjectOptions;
  readonly checker: CheckerName | null;
}
export interface OracleQuestions {
  checker: { readonly ask: null; readonly answer: CheckerName };
  diagnostics: { readonly ask: null; readonly answer: readonly Diagnostic[] };
  types: { readonly ask: Graph; readonly answer: TypedOps };
  update: { readonly ask: readonly string[]; readonly answer: null };
  close: { readonly ask: null; readonly answer: null };
}
export type OracleQuestion = {
  [K in keyof OracleQuestions]: {
    readonly id: number;
    readonly kind: K;
    readonly ask: OracleQuestions[K]['ask'];
  };
}[keyof OracleQuestions];
export type OracleAnswer =
  | { readonly id: number; readonly answer: OracleQuestions[keyof OracleQuestions]['answer'] }
  | { readonly id: number; readonly error: unknown };
