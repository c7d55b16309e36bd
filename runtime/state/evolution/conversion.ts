/** What a comparison of two schemas comes to, and how results for parts become that of the whole. */
import { schemaText } from '../../../plugins/api/schema-text.js';
import type { Schema } from '../../../plugins/api/schema.js';

/** Called with values of the old schema only, so functions of their type serve: methods are compared loosely. */
export type Convert = { convert(value: unknown): unknown }['convert'];

/** One difference, as `value.items[].price: int32 is widened to float64`. */
export type Change = string;

export type Conversion =
  /** the bytes are the same */
  | { readonly kind: 'same' }
  | { readonly kind: 'migrate'; readonly changes: readonly Change[]; readonly convert: Convert }
  | { readonly kind: 'breaking'; readonly path: string; readonly reason: string; readonly fix: string };

export type Breaking = Extract<Conversion, { readonly kind: 'breaking' }>;

/** Converts what is inside; `suffix` is appended to the path. */
export type Inner = (from: Schema, to: Schema, suffix: string) => Conversion;

export const same: Conversion = { kind: 'same' };

export function breaking(path: string, reason: string, fix = migrateFix): Breaking {
  return { kind: 'breaking', path, reason, fix };
}
export function retyped(from: Schema, to: Schema, path: string): Breaking {
  return breaking(path, `${shortText(from)} cannot become ${shortText(to)}`);
}
export function shortText(schema: Schema): string {
  const text = schemaText(schema);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
const migrateFix = 'keep the type, or give the state descriptor a migrate function for the old one';

/** Lifts a conversion of parts to the whole. */
export function each(part: Conversion, lift: (convert: Convert) => Convert): Conversion {
  return part.kind === 'migrate' ? { ...part, convert: lift(part.convert) } : part;
}
/** Of several parts: the first that breaks, or all changes. */
export function all(
  parts: readonly Conversion[],
  lift: (converts: readonly Convert[]) => Convert,
): Conversion {
  const broken = parts.find(part => part.kind === 'breaking');
  if (broken) return broken;
  if (parts.every(part => part.kind === 'same')) return same;
  return {
    kind: 'migrate',
    changes: parts.flatMap(part => (part.kind === 'migrate' ? part.changes : [])),
    convert: lift(parts.map(part => (part.kind === 'migrate' ? part.convert : (value: unknown) => value))),
  };
}
