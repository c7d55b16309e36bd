/** A function of the program together with the circumstances it is called in, and what analysis says about it. */
import type { ts } from 'ts-morph';
import type { Usage } from '../../ir/lambda.js';
import type { Captures } from '../../ir/value.js';
import type { FunctionNode } from './expressions.js';
import type { UserModule } from '../modules.js';
import type { ModuleGraph } from './module-graph.js';

export interface Callable {
  readonly module: UserModule;
  readonly node: FunctionNode;
  /** what was captured when the program was staged; null where the function is known from the text only */
  readonly captures: Captures | null;
  /** class whose instance the function is called on: `this.helper(…)` is looked up there */
  readonly receiver: ClassInModule | null;
}
export interface ClassInModule {
  readonly module: UserModule;
  readonly node: ts.ClassLikeDeclaration;
}

/** Per parameter. */
export interface FunctionFacts {
  readonly usage: readonly Usage[];
  readonly mutates: readonly boolean[];
  readonly retains: readonly boolean[];
  /** what is read of the elements of an iterable parameter */
  readonly elements: readonly Usage[];
}

/** What the analysis of one body asks about the functions it calls. */
export interface KnownCallables {
  readonly modules: ModuleGraph;
  /** The program's function that a callee means, if that is certain. */
  calleeOf(caller: Callable, callee: ts.Node): Callable | null;
  factsOf(callable: Callable): FunctionFacts;
  /** Calling it has no effect, so that a call may be left out when nobody reads the result. */
  isPure(callable: Callable): boolean;
}
