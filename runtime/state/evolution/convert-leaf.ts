/** Numbers that widen without loss, enums that gain members. */
import type { Schema } from '../../../plugins/api/schema.js';
import { breaking, shortText, type Conversion, type Convert } from './conversion.js';

type Of<K extends Schema['kind']> = Extract<Schema, { readonly kind: K }>;

const asIs = (value: unknown): unknown => value;
const asBigint = (value: number): bigint => BigInt(value);

/** Every value of the first type is one of the second. */
const widenings: Readonly<Record<string, Convert>> = {
  'int32 int64': asBigint,
  'int32 bigint': asBigint,
  'int32 float64': asIs,
  'int64 bigint': asIs,
  'float32 float64': asIs,
  'timestamp float64': asIs,
};

/** null: neither number nor enum, or of the same type. */
export function convertLeaf(from: Schema, to: Schema, path: string): Conversion | null {
  const widen = widenings[`${from.kind} ${to.kind}`];
  if (widen) {
    return { kind: 'migrate', changes: [`${path}: ${from.kind} is widened to ${to.kind}`], convert: widen };
  }
  if (widenings[`${to.kind} ${from.kind}`]) {
    return breaking(
      path,
      `${from.kind} would be narrowed to ${to.kind}, which cannot hold all of its values`,
    );
  }
  if (from.kind === 'decimal' && to.kind === 'decimal') return rescale(from, to, path);
  if (from.kind === 'enum') return fromEnum(from, to, path);
  return null;
}

/** Decimals are unscaled integers: another scale is a factor. */
function rescale(from: Of<'decimal'>, to: Of<'decimal'>, path: string): Conversion {
  if (from.scale === to.scale && from.precision === to.precision) return { kind: 'same' };
  const wide = to.scale >= from.scale && to.precision - to.scale >= from.precision - from.scale;
  if (!wide) return breaking(path, `${shortText(to)} cannot hold all values of ${shortText(from)}`);
  const factor = 10n ** BigInt(to.scale - from.scale);
  return {
    kind: 'migrate',
    changes: [`${path}: ${shortText(from)} is widened to ${shortText(to)}`],
    convert: (value: bigint) => value * factor,
  };
}

const baseTypes: Readonly<Record<string, string>> = { string: 'string', float64: 'number', bool: 'boolean' };

/** A value is stored by its position among the members, so every change of members moves bytes. */
function fromEnum(from: Of<'enum'>, to: Schema, path: string): Conversion | null {
  const base = baseTypes[to.kind];
  if (base !== undefined && from.values.every(value => typeof value === base)) {
    return { kind: 'migrate', changes: [`${path}: the literals become any ${to.kind}`], convert: asIs };
  }
  if (to.kind !== 'enum') return null;
  const gone = from.values.find(value => !to.values.includes(value));
  if (gone !== undefined) {
    return breaking(
      path,
      `${JSON.stringify(gone)} is no longer one of the literals, but the snapshot may have it`,
      'keep the literal, or give the state descriptor a migrate function for the old type',
    );
  }
  if (from.values.length === to.values.length && from.values.every((value, i) => value === to.values[i]))
    return { kind: 'same' };
  const added = to.values.filter(value => !from.values.includes(value));
  const change = added.length > 0 ? `gains ${added.map(v => JSON.stringify(v)).join(', ')}` : 'is reordered';
  return { kind: 'migrate', changes: [`${path}: ${change}`], convert: asIs };
}
