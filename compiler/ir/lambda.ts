/**
 * User functions after lowering: text with holes. The front end does all work on syntax trees; the generator
 * only fills holes with names, so it needs no TypeScript API. Text fragments keep their offset for source maps.
 */
import type { FnSite, Value } from './value.js';

export type Fragment =
  /** verbatim text of the site's file from `at` on */
  | { readonly kind: 'text'; readonly text: string; readonly at: number }
  /** text that is not the user's: parentheses, `undefined` */
  | { readonly kind: 'glue'; readonly text: string }
  /**
   * Read of a parameter's field, e.g. o.bid.price; never mutated, never called. Behaves as in JavaScript: it fails when
   * a struct on the way is absent. Fields are found without types, so a path may go on beyond the schema's structs
   * (`['name', 'length']`): from there on it is property access.
   */
  | {
      readonly kind: 'field';
      readonly param: number;
      readonly path: readonly string[];
      readonly at: number;
      /** lengths of prefixes of the path that were found to be there just before */
      readonly present?: readonly number[];
    }
  /**
   * Whether the value at the path is there, as a boolean: `o.bid !== null`, `if (o.bid)`. True when it is not what
   * `absent` says; 'falsy' is the plain truth value, so it is a test for presence only where the schema has an object.
   */
  | {
      readonly kind: 'presence';
      readonly param: number;
      readonly path: readonly string[];
      readonly absent: 'null' | 'undefined' | 'nullish' | 'falsy';
      readonly at: number;
    }
  /** the parameter as a whole */
  | { readonly kind: 'param'; readonly param: number; readonly at: number }
  /** a free variable; `shorthand` when it stands as { name } and needs `name: ` before it */
  | { readonly kind: 'capture'; readonly name: string; readonly shorthand: boolean; readonly at: number }
  /** a name bound inside the lambda (inner parameters, destructured names): to be renamed afresh per use site */
  | { readonly kind: 'local'; readonly name: string; readonly shorthand: boolean; readonly at: number };
export type Fragments = readonly Fragment[];
/** Statements of a flatMap or window function; `out.collect(value);` and `return;` are holes. */
export type Statement =
  | Fragment
  | { readonly kind: 'emit'; readonly value: Result; readonly at: number }
  | { readonly kind: 'leave'; readonly at: number };

/** The value a lambda returns, decomposed as far as its text is an object literal. */
export type Result =
  /**
   * Not parenthesised. `pure`: may be left out when nobody reads it; what an impure one reads is in LoweredFn.usage too.
   */
  | {
      readonly kind: 'expression';
      readonly code: Fragments;
      readonly usage: readonly Usage[];
      readonly pure: boolean;
      readonly choice?: Choice;
    }
  /** the parameter, or a field of it, unchanged */
  | { readonly kind: 'path'; readonly param: number; readonly path: readonly string[]; readonly at: number }
  | { readonly kind: 'struct'; readonly entries: readonly StructEntry[] };
/**
 * The expression's value is one of two parameters, unchanged: `a.price >= b.price ? a : b`. Its `usage` is then what the
 * condition reads; what is read of the result is read of both parameters.
 */
export interface Choice {
  readonly condition: Fragments;
  readonly chosen: number;
  readonly otherwise: number;
}
export type StructEntry =
  | { readonly kind: 'field'; readonly name: string; readonly value: Result }
  /** `...o` or `...o.a`, minus `omit` (from rest patterns), overridden by later entries; an absent struct adds nothing */
  | {
      readonly kind: 'spread';
      readonly param: number;
      readonly path: readonly string[];
      readonly omit: readonly string[];
      readonly at: number;
    };

/**
 * Which part of a parameter is read: everything, or these fields (an empty map: only whether it is there). Found without
 * types: fields below something that is not a struct, and an empty map for it, mean the value itself.
 */
export type Usage = 'all' | 'none' | { readonly fields: Readonly<Record<string, Usage>> };

export interface LoweredFn {
  readonly site: FnSite;
  /** inline: paste the expression. call: emit `code` as a module-level function per use site, or import it. */
  readonly inline: {
    readonly params: number;
    /** destructuring statements to run first: `const {a, b: [c]} = <param>`; simple patterns are turned into fields instead */
    readonly prologue: readonly Fragments[];
    readonly result: Result;
    /** predicates: what is there whenever the result is true */
    readonly implies?: readonly PresenceFact[];
    /** predicates: asking once more changes nothing */
    readonly repeatable?: boolean;
  } | null;
  /** whole function expression with capture holes, for emission as a module-level function; null for methods/classes */
  readonly lifted: Fragments | null;
  /** when the function or class is declared at module level: import { exportName } from `user:module` */
  readonly reference: { readonly module: string; readonly exportName: string } | null;
  readonly bindings: Readonly<Record<string, Binding>>;
  /** per parameter: what is read whatever is demanded of the result */
  readonly usage: readonly Usage[];
  /** per parameter: false only when analysis proves that the record is neither mutated nor kept beyond the call (in a capture, this, a global) */
  readonly mutates: readonly boolean[];
  readonly retains: readonly boolean[];
  /** per parameter: if it is an iterable, what is read of its elements */
  readonly elements: readonly Usage[];
  /** per parameter: how many elements it takes of an iterable, `[first]` one; null: perhaps all. Absent: null for each */
  readonly taken?: readonly (number | null)[];
  /** flatMap(v, out): false when `out` escapes, so that emits cannot be turned into inline code */
  readonly collectorIsSimple: boolean;
  /** flatMap or window function that hands records on by `out.collect(…)` only: its body, to be pasted around the rest of the chain */
  readonly statements?: readonly Statement[];
  /** window functions: the statements read the elements as fields '0', '1', … of their parameter */
  readonly elementsByPosition?: true;
}
/** The value at the path is not what `absent` says. */
export interface PresenceFact {
  readonly param: number;
  readonly path: readonly string[];
  readonly absent: 'null' | 'undefined' | 'nullish' | 'falsy';
}
/** How a captured name is bound in generated code. */
export type Binding =
  | { readonly kind: 'module'; readonly module: string; readonly exportName: string } // from the module's slice
  | { readonly kind: 'import'; readonly from: string; readonly name: string }
  | { readonly kind: 'value'; readonly value: Value } // constructed at module level, or inlined when primitive
  | { readonly kind: 'global'; readonly name: string };

/** A user module cut down to what generated code imports, without its graph-building statements. */
export interface ModuleSlice {
  readonly module: string; // root-relative path; imported as `user:<module>`
  readonly code: string; // TypeScript
  readonly map: string; // source map (JSON) back to the module
  readonly exports: readonly string[];
}

/** Functions by the identity of the Value object that the graph holds. */
export interface LoweredProgram {
  readonly functions: ReadonlyMap<Value, LoweredFn>;
  /**
   * Methods by name, for Values of kind 'object' and 'new': reduce/aggregate objects, process functions. `inline` and
   * `lifted` are null for methods that use `this`; usage, mutates and retains hold for all.
   */
  readonly methods: ReadonlyMap<Value, Readonly<Record<string, LoweredFn>>>;
  readonly slices: readonly ModuleSlice[];
  /** every identifier in user modules: generated names must avoid them */
  readonly reservedNames: ReadonlySet<string>;
  /** text of user modules by root-relative path, for source maps and code frames */
  readonly sources: ReadonlyMap<string, string>;
}
