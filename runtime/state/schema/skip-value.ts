import type { Schema } from '../../../plugins/api/schema.js';
import type { ByteReader } from '../../contract/bytes.js';
import { schemaCodec } from './schema-codec.js';

/** Moves a reader past one value of the schema. What is not of fixed width or behind its length is decoded for that. */
export function skipperOf(schema: Schema): (from: ByteReader) => void {
  switch (schema.kind) {
    case 'bool':
      return from => void from.take(1);
    case 'int32':
    case 'float32':
      return from => void from.take(4);
    case 'int64':
    case 'float64':
    case 'timestamp':
    case 'date':
      return from => void from.take(8);
    case 'null':
    case 'undefined':
      return () => {};
    case 'bytes':
      return from => void from.take(from.varint());
    case 'string':
      return from => {
        const marked = from.varint();
        from.take(marked % 2 === 1 ? marked - 1 : marked / 2);
      };
    case 'bigint':
    case 'decimal':
      return from => {
        const marked = from.varint();
        if (marked % 2 === 1) from.take((marked - 1) / 2);
      };
    default: {
      const codec = schemaCodec(schema);
      return from => void codec.read(from);
    }
  }
}
