/**
 * What flinkc asks of a TypeScript type checker. Small, so that two very different checkers can answer it alike:
 * the native one of TypeScript 7 (native-checker.ts) and the one that ts-morph carries (morph-checker.ts).
 * Nodes are named by their range in a file, because the two checkers have different syntax trees.
 */
import type { Diagnostic } from '../../diagnostics/diagnostic.js';

/** A node of the program: file relative to the project root with '/', UTF-16 offsets without leading trivia. */
export interface NodeRange {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

export interface Checker {
  /** Type of the innermost expression, declaration name or type node with exactly these ranges; null where there is none. */
  typesAt(nodes: readonly NodeRange[]): readonly (CheckedType | null)[];
  /** Declaration of the name at this range, imports followed; null when it has none or it lies outside the project. */
  definitionAt(node: NodeRange): NodeRange | null;
  /** TypeScript's own errors in the program's files; empty when it type-checks. */
  diagnostics(): readonly Diagnostic[];
}

/** A checker that stays open between builds. */
export interface ProgramChecker extends Checker {
  /** Reads changed, new and deleted files again; types handed out before are void. */
  update(files: readonly string[]): void;
  close(): void;
}

export type TypeKind =
  | 'any'
  | 'unknown'
  | 'never'
  | 'null'
  | 'undefined'
  | 'string'
  | 'number'
  | 'bigint'
  | 'boolean'
  | 'symbol'
  | 'literal'
  | 'enumLiteral'
  | 'union'
  | 'intersection'
  | 'typeParameter'
  | 'array'
  | 'tuple'
  | 'object'
  /** conditional, keyof and indexed access types that cannot be resolved before a type parameter is known */
  | 'deferred';

/** A type as seen through one checker. The same type is the same object; all members are computed on demand. */
export interface CheckedType {
  readonly kind: TypeKind;
  /** as TypeScript prints it, for messages */
  readonly text: string;
  /** value of a literal or enum literal */
  readonly literal: string | number | boolean | bigint;
  /** members of a union or intersection */
  readonly parts: readonly CheckedType[];
  /** of an instantiated interface, class or array; in order of the declaration's type parameters */
  readonly typeArguments: readonly CheckedType[];
  readonly elements: readonly TupleElement[];
  /** name of the interface, class or enum; null for anonymous types */
  readonly name: string | null;
  /** name of the type alias without arguments through which the type was written */
  readonly alias: string | null;
  /** declared by TypeScript's libraries or @types/node */
  readonly isLibrary: boolean;
  readonly isCallable: boolean;
  /** of a function type: its first call signature */
  readonly signature: { readonly parameters: readonly CheckedType[]; readonly result: CheckedType } | null;
  /** of `T['name']` where T is a type parameter */
  readonly indexed: { readonly object: CheckedType; readonly key: CheckedType } | null;
  readonly properties: readonly TypeProperty[];
  readonly index: { readonly key: CheckedType; readonly value: CheckedType } | null;
  readonly classInfo: ClassInfo | null;
  /** the generic declaration of an instantiated class or interface: its parameters and its bases in terms of them */
  readonly generic: {
    readonly parameters: readonly CheckedType[];
    readonly bases: readonly CheckedType[];
  } | null;
  /** where the type's symbol is declared; null when not in the project */
  readonly declaration: NodeRange | null;
}

export interface TupleElement {
  readonly type: CheckedType;
  readonly optional: boolean;
  readonly rest: boolean;
}

export interface TypeProperty {
  readonly name: string;
  readonly type: CheckedType;
  readonly optional: boolean;
  readonly isMethod: boolean;
  readonly isAccessor: boolean;
  /** written in a type or class, not inferred from an object literal */
  readonly isDeclared: boolean;
  /** `plain` names, ECMAScript `#private` names, or unique symbols (the brands of plugins/api/types.ts are such) */
  readonly nameKind: 'plain' | 'private' | 'symbol';
}

export interface ClassInfo {
  readonly name: string;
  /** root-relative file, 'flinkc' for its own classes, null when declared in a package */
  readonly module: string | null;
  /** false inside functions: such a class cannot be imported by generated code */
  readonly isTopLevel: boolean;
  /** record type of the class's own conversion: `toRecord()` and a static `fromRecord()` */
  readonly record: CheckedType | null;
}
