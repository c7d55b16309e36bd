/** How members of a union without a common field are told apart: the tags of UnionCase. */
import type { Schema } from '../../../plugins/api/schema.js';

/** `object` stands for what is none of the others. */
export type TypeofTag =
  'string' | 'number' | 'boolean' | 'bigint' | 'array' | 'Date' | 'Map' | 'Set' | 'bytes' | 'object' | null;

export function tagOf(value: unknown): TypeofTag {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'bigint':
      return typeof value as TypeofTag;
    case 'object':
      if (value === null) return null;
      if (Array.isArray(value)) return 'array';
      if (value instanceof Date) return 'Date';
      if (value instanceof Map) return 'Map';
      if (value instanceof Set) return 'Set';
      return value instanceof Uint8Array ? 'bytes' : 'object';
    default:
      return null;
  }
}

/** The tag that values of the schema have as a member of such a union; null for schemas whose values differ in it. */
export function tagOfSchema(schema: Schema): TypeofTag | 'enum' {
  switch (schema.kind) {
    case 'bool':
      return 'boolean';
    case 'string':
    case 'bytes':
      return schema.kind;
    case 'int32':
    case 'float32':
    case 'float64':
    case 'timestamp':
      return 'number';
    case 'int64':
    case 'bigint':
    case 'decimal':
      return 'bigint';
    case 'date':
      return 'Date';
    case 'list':
    case 'tuple':
      return 'array';
    case 'map':
      return 'Map';
    case 'set':
      return 'Set';
    case 'struct':
    case 'record':
      return 'object';
    case 'enum':
      return 'enum';
    default:
      return null;
  }
}
