/** Schemas as TypeScript types, for readable signatures. */
import type { Schema } from '../../plugins/api/index.js';
import { propertyKey } from './names.js';

export function typeOf(schema: Schema): string {
  switch (schema.kind) {
    case 'bool':
      return 'boolean';
    case 'string':
    case 'null':
    case 'undefined':
      return schema.kind;
    case 'bytes':
      return 'Uint8Array';
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
    case 'enum':
      return schema.values.map(v => JSON.stringify(v)).join(' | ');
    case 'nullable':
      return `${typeOf(schema.of)}${schema.null ? ' | null' : ''}${schema.undefined ? ' | undefined' : ''}`;
    case 'struct':
      return schema.fields.length === 0
        ? '{}'
        : `{ ${schema.fields.map(f => `${propertyKey(f.name)}${f.optional ? '?' : ''}: ${typeOf(f.schema)}`).join('; ')} }`;
    case 'list':
      return `readonly (${typeOf(schema.of)})[]`;
    case 'map':
      return `ReadonlyMap<${typeOf(schema.key)}, ${typeOf(schema.value)}>`;
    case 'set':
      return `ReadonlySet<${typeOf(schema.of)}>`;
    case 'record':
      return `Record<string, ${typeOf(schema.value)}>`;
    case 'tuple':
    case 'union':
    case 'recursive':
    case 'ref':
    case 'json':
      return 'any';
  }
}
