/**
 * The codec of a schema that is only known at run time: reads and writes exactly the bytes of the codecs that the
 * compiler generates (compiler/3-codegen/codecs). Several times slower than those; for state that is inspected or
 * migrated, not for records. Values of classes come back as plain objects.
 */
import { schemaText } from '../../../plugins/api/schema-text.js';
import type { Schema } from '../../../plugins/api/schema.js';
import { badIndex, maxNesting, nestsTooDeep } from '../../contract/codec-support.js';
import type { ValueCodec } from '../../contract/codec.js';
import type { CodecPart, InnerPart, SchemaOf } from './codec-part.js';
import { listPart, mapPart, recordPart, setPart, tuplePart } from './collection-parts.js';
import { scalarPart } from './scalar-parts.js';
import { structPart } from './struct-part.js';
import { unionPart } from './union-part.js';

type Binders = ReadonlyMap<string, { part: CodecPart | null }>;

export function schemaCodec(schema: Schema, label = 'record'): ValueCodec {
  const { write, read } = partOf(schema, label, new Map());
  return {
    fingerprint: schemaText(schema),
    write: (out, value) => write(out, value, 0),
    read: input => read(input, 0),
  };
}

function partOf(schema: Schema, path: string, binders: Binders): CodecPart {
  const inner: InnerPart = (of, suffix = '') => partOf(of, path + suffix, binders);
  switch (schema.kind) {
    case 'nullable':
      return nullablePart(schema, path, inner);
    case 'struct':
      return structPart(schema, path, inner);
    case 'list':
      return listPart(schema, path, inner);
    case 'set':
      return setPart(schema, path, inner);
    case 'map':
      return mapPart(schema, path, inner);
    case 'record':
      return recordPart(schema, path, inner);
    case 'tuple':
      return tuplePart(schema, path, inner);
    case 'union':
      return unionPart(schema, path, inner);
    case 'recursive':
      return recursivePart(schema, path, binders);
    case 'ref':
      return refPart(schema, binders);
    default:
      return scalarPart(schema, path);
  }
}

function nullablePart(schema: SchemaOf<'nullable'>, path: string, inner: InnerPart): CodecPart {
  const of = inner(schema.of);
  const none = schema.undefined ? undefined : null;
  return {
    write(out, value, depth) {
      if (schema.undefined && value === undefined) out.u8(0);
      else if (schema.null && value === null) out.u8(schema.undefined ? 2 : 0);
      else {
        out.u8(1);
        of.write(out, value, depth);
      }
    },
    read(input, depth) {
      const presence = input.u8();
      if (presence === 1) return of.read(input, depth);
      if (presence === 0) return none;
      if (presence === 2 && schema.null && schema.undefined) return null;
      throw badIndex(path, presence, input.position);
    },
  };
}

function recursivePart(schema: SchemaOf<'recursive'>, path: string, binders: Binders): CodecPart {
  const binder: { part: CodecPart | null } = { part: null };
  const body = partOf(schema.of, path, new Map([...binders, [schema.id, binder]]));
  const checkedDepth = (depth: number): number => {
    if (depth > maxNesting) throw nestsTooDeep(path);
    return depth;
  };
  binder.part = {
    write: (out, value, depth) => body.write(out, value, checkedDepth(depth)),
    read: (input, depth) => body.read(input, checkedDepth(depth)),
  };
  return binder.part;
}

function refPart(schema: SchemaOf<'ref'>, binders: Binders): CodecPart {
  const binder = binders.get(schema.id);
  if (!binder) throw new Error(`schema reference '${schema.id}' has no binder`);
  return {
    write: (out, value, depth) => binder.part!.write(out, value, depth + 1),
    read: (input, depth) => binder.part!.read(input, depth + 1),
  };
}
