/**
 * A value captured while the program was staged: everything an operator needs to be made again in the artifact.
 * JSON-safe, because it crosses from the staging worker.
 */
import type { Span } from './span.js';

/** `file#outer.name~occurrence`: survives edits elsewhere in the file. */
export type SiteId = string & { readonly __site?: never };

export type Value =
  | { readonly t: 'undefined' }
  | { readonly t: 'primitive'; readonly value: string | number | boolean | null }
  | { readonly t: 'number'; readonly text: 'NaN' | 'Infinity' | '-Infinity' | '-0' }
  | { readonly t: 'bigint'; readonly text: string }
  | { readonly t: 'date'; readonly ms: number }
  | { readonly t: 'regexp'; readonly source: string; readonly flags: string }
  | { readonly t: 'bytes'; readonly ctor: string; readonly base64: string }
  | { readonly t: 'array'; readonly id: number; readonly items: readonly Value[] }
  | { readonly t: 'object'; readonly id: number; readonly entries: readonly (readonly [string, Value])[] }
  | { readonly t: 'map'; readonly id: number; readonly entries: readonly (readonly [Value, Value])[] }
  | { readonly t: 'set'; readonly id: number; readonly items: readonly Value[] }
  /** a big array, object, Map or Set of plain data: the JSON of itself, of its entries or of its elements */
  | {
      readonly t: 'table';
      readonly id: number;
      readonly shape: 'plain' | 'map' | 'set';
      readonly text: string;
    }
  /** function of the user's program; captures by name, 'this' included when used */
  | { readonly t: 'function'; readonly id: number; readonly site: SiteId; readonly captures: Captures }
  | { readonly t: 'class'; readonly id: number; readonly site: SiteId; readonly captures: Captures }
  /** made by `new` in the user's program; fields that differ from what the constructor left are patched */
  | {
      readonly t: 'new';
      readonly id: number;
      readonly ctor: Value;
      readonly args: readonly Value[];
      readonly patch: readonly (readonly [string, Value])[];
      readonly at: Span | null;
    }
  /** object of flinkc's own libraries (plugins/api/shipping.ts); `at` is the user's call or `new` */
  | {
      readonly t: 'api';
      readonly id: number;
      readonly module: string;
      readonly name: string;
      readonly args: readonly Value[];
      readonly at: Span | null;
    }
  /** exported class or function of flinkc itself, not an instance */
  | { readonly t: 'apiExport'; readonly module: string; readonly name: string }
  | { readonly t: 'import'; readonly from: string; readonly name: string } // external package; name '*' and 'default' possible
  | { readonly t: 'global'; readonly name: string } // Boolean, Math.abs, …
  | { readonly t: 'parameter'; readonly name: string } // deploy-time
  | { readonly t: 'secret'; readonly name: string }
  | { readonly t: 'ref'; readonly id: number } // an object already described in this value
  /** cannot be shipped; an error unless the generator can refer to it by module */
  | { readonly t: 'unshippable'; readonly path: string; readonly why: string; readonly code: string };

export type Captures = Readonly<Record<string, Value>>;

/** A function, class or method body in the user's program. */
export interface FnSite {
  readonly id: SiteId;
  readonly span: Span;
  readonly kind: 'arrow' | 'function' | 'functionDeclaration' | 'method' | 'class';
  readonly name: string | null;
  readonly isAsync: boolean;
  readonly isGenerator: boolean;
  readonly usesThis: boolean;
  /** declared at module level, so that the generator may refer to it instead of lifting it */
  readonly topLevel: boolean;
  readonly free: readonly FreeVariable[];
}
export interface FreeVariable {
  readonly name: string;
  readonly scope: 'local' | 'module' | 'import' | 'global';
  readonly import?: { readonly from: string; readonly name: string; readonly external: boolean };
  /** assigned inside the function */
  readonly written: boolean;
}
