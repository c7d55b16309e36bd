/** Branded types of plugins/api/types.ts, as a checker sees them. */
import type { Schema } from '../../../plugins/api/schema.js';
import type { CheckedType } from './checker.js';

export interface Brand {
  readonly name: string;
  readonly args: readonly (string | number | boolean | bigint)[];
}
/** Brands of plugins/api/types.ts: an optional property named by a unique symbol, its type the brand. */
export function brandOf(type: CheckedType): Brand | null {
  if (type.kind !== 'object' && type.kind !== 'intersection') return null;
  const property = type.properties.find(p => p.nameKind === 'symbol' && p.optional);
  if (!property) return null;
  const types = property.type.kind === 'union' ? property.type.parts : [property.type];
  for (const t of types) {
    if (t.kind === 'literal') return { name: String(t.literal), args: [] };
    if (t.kind !== 'tuple') continue;
    const [name, ...args] = t.elements.map(e => (e.type.kind === 'literal' ? e.type.literal : ''));
    return { name: String(name), args };
  }
  return null;
}
export function brandSchema(brand: Brand): Schema | null {
  switch (brand.name) {
    case 'int32':
    case 'int64':
    case 'float32':
    case 'timestamp':
    case 'json':
      return { kind: brand.name };
    case 'decimal':
      return { kind: 'decimal', precision: Number(brand.args[0]), scale: Number(brand.args[1]) };
    default:
      return null;
  }
}
