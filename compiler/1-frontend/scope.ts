/** Scopes, bindings and free variables of one module, as {@link analyseScopes} finds them. */
import type { ts } from 'ts-morph';

export type BindingKind =
  | 'const'
  | 'let'
  | 'var'
  | 'parameter'
  | 'function'
  | 'class'
  | 'enum'
  | 'namespace'
  | 'import'
  | 'catch'
  /** name of a function or class expression, and of a class inside its own body */
  | 'self';

export interface ImportedName {
  /** specifier; aliases of the program's own modules are replaced by relative paths */
  readonly from: string;
  /** exported name; '*' for a namespace import, 'default' */
  readonly name: string;
}

export interface Binding {
  readonly name: string;
  readonly kind: BindingKind;
  /** variable declaration, parameter, function, class, import specifier, … */
  readonly declaration: ts.Node;
  readonly scope: Scope;
  readonly imported: ImportedName | null;
  /** every use as a value, writes included */
  readonly references: Reference[];
  /** assignments after the declaration; an initialiser does not count */
  readonly writes: Reference[];
}

export interface Reference {
  readonly node: ts.Identifier;
  /** null: a global */
  readonly binding: Binding | null;
  readonly isWrite: boolean;
  /** stands as `{ name }` in an object literal or assignment pattern */
  readonly isShorthand: boolean;
  /** innermost function or class around the use */
  readonly frame: Frame | null;
}

export interface Scope {
  readonly node: ts.Node;
  readonly parent: Scope | null;
  /** innermost function or class that this scope belongs to; null: the module */
  readonly frame: Frame | null;
  readonly names: Map<string, Binding>;
}

export type FrameKind =
  | 'arrow'
  | 'function'
  | 'functionDeclaration'
  | 'method'
  | 'accessor'
  | 'constructor'
  | 'staticBlock'
  | 'class';
export type FrameNode = ts.FunctionLikeDeclaration | ts.ClassLikeDeclaration | ts.ClassStaticBlockDeclaration;

export interface FreeName {
  readonly name: string;
  /** null: a global */
  readonly binding: Binding | null;
  readonly references: Reference[];
}

/** A function-like node or class: what can be lifted out of its surroundings, given its free names. */
export interface Frame {
  readonly node: FrameNode;
  readonly kind: FrameKind;
  readonly parent: Frame | null;
  readonly free: Map<string, FreeName>;
  /** for an arrow: the `this` of its surroundings. `super` and `new.target` count. */
  usesThis: boolean;
  /** where `this` is used, for error messages */
  thisNode: ts.Node | null;
  /** for an arrow: the `arguments` of its surroundings */
  usesArguments: boolean;
  usesImportMeta: boolean;
}

export interface ScopeAnalysis {
  readonly module: Scope;
  /** in source order, outer before inner */
  readonly frames: ReadonlyMap<ts.Node, Frame>;
  readonly scopes: ReadonlyMap<ts.Node, Scope>;
  readonly references: ReadonlyMap<ts.Identifier, Reference>;
  /** value imports; type-only ones are left out */
  readonly imports: readonly Binding[];
  /** names as written anywhere in the module, types and property names included */
  readonly identifiers: ReadonlySet<string>;
}

export function lookup(scope: Scope, name: string): Binding | null {
  for (let s: Scope | null = scope; s; s = s.parent) {
    const binding = s.names.get(name);
    if (binding) return binding;
  }
  return null;
}
