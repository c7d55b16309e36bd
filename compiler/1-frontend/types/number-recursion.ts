import { unreachable } from '../../ir/span.js';
import type { Schema } from '../../../plugins/api/schema.js';

/** Names the binders of a schema after their nesting (r0, r1, …), so that equal schemas are equal objects. */
export function numberRecursion(schema: Schema, names: ReadonlyMap<string, string> = new Map()): Schema {
  const inner = (s: Schema): Schema => numberRecursion(s, names);
  switch (schema.kind) {
    case 'recursive': {
      const id = `r${names.size}`;
      return { kind: 'recursive', id, of: numberRecursion(schema.of, new Map([...names, [schema.id, id]])) };
    }
    case 'ref':
      return { kind: 'ref', id: names.get(schema.id) ?? schema.id };
    case 'struct':
      return { ...schema, fields: schema.fields.map(f => ({ ...f, schema: inner(f.schema) })) };
    case 'union':
      return { ...schema, cases: schema.cases.map(c => ({ ...c, schema: inner(c.schema) })) };
    case 'tuple':
      return {
        kind: 'tuple',
        items: schema.items.map(inner),
        ...(schema.rest ? { rest: inner(schema.rest) } : {}),
      };
    case 'map':
      return { kind: 'map', key: inner(schema.key), value: inner(schema.value) };
    case 'list':
    case 'set':
      return { kind: schema.kind, of: inner(schema.of) };
    case 'record':
      return { kind: 'record', value: inner(schema.value) };
    case 'nullable':
      return { ...schema, of: inner(schema.of) };
    case 'bool':
    case 'string':
    case 'bytes':
    case 'int32':
    case 'int64':
    case 'bigint':
    case 'float32':
    case 'float64':
    case 'decimal':
    case 'timestamp':
    case 'date':
    case 'enum':
    case 'null':
    case 'undefined':
    case 'json':
      return schema;
    default:
      return unreachable(schema);
  }
}
