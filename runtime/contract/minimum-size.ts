import type { Schema } from '../../plugins/api/schema.js';
import { encodingOf } from './presence.js';

/**
 * The fewest bytes a value can take: bounds how many elements a collection can announce. References count as
 * nothing, which makes the result smaller for recursive schemas but never wrong.
 */
export function minimumSize(schema: Schema): number {
  switch (schema.kind) {
    case 'bool':
    case 'string':
    case 'bytes':
    case 'bigint':
    case 'decimal':
    case 'json':
    case 'nullable':
    case 'list':
    case 'set':
    case 'map':
    case 'record':
      return 1;
    case 'int32':
    case 'float32':
      return 4;
    case 'int64':
    case 'float64':
    case 'timestamp':
    case 'date':
      return 8;
    case 'enum':
      return schema.values.length === 1 ? 0 : 1;
    case 'null':
    case 'undefined':
    case 'ref':
      return 0;
    case 'struct': {
      const encoding = encodingOf(schema.fields);
      return schema.fields.reduce(
        (sum, field, i) => sum + (encoding.fields[i]!.kind === 'plain' ? minimumSize(field.schema) : 0),
        encoding.bytes,
      );
    }
    case 'tuple':
      return schema.items.reduce((sum, item) => sum + minimumSize(item), schema.rest ? 1 : 0);
    case 'union':
      return 1 + Math.min(...schema.cases.map(c => minimumSize(c.schema)));
    case 'recursive':
      return minimumSize(schema.of);
  }
}
