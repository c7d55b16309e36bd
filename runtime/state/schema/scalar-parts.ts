/** Values without schemas inside them. */
import type { Schema } from '../../../plugins/api/schema.js';
import { badIndex, readJson, valueDoesNotFit } from '../../contract/codec-support.js';
import { checked, type CodecPart } from './codec-part.js';

type ComposedKind =
  'nullable' | 'struct' | 'list' | 'set' | 'map' | 'record' | 'tuple' | 'union' | 'recursive' | 'ref';
type ScalarSchema = Exclude<Schema, { readonly kind: ComposedKind }>;

export function scalarPart(schema: ScalarSchema, path: string): CodecPart {
  switch (schema.kind) {
    case 'bool':
      return { write: (out, value) => out.u8(value ? 1 : 0), read: input => input.u8() !== 0 };
    case 'string':
      return checked(path, isType('string'), 'string', {
        write: (out, value: string) => out.string(value),
        read: input => input.string(),
      });
    case 'bytes':
      return checked(path, value => value instanceof Uint8Array, 'Uint8Array', {
        write: (out, value: Uint8Array) => out.bytesValue(value),
        read: input => input.bytesValue(),
      });
    case 'int32':
      return checked(path, value => typeof value === 'number' && (value | 0) === value, 'Int32', {
        write: (out, value: number) => out.i32(value),
        read: input => input.i32(),
      });
    case 'int64':
      return checked(
        path,
        value => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
        'Int64',
        {
          write: (out, value: bigint) => out.i64(value),
          read: input => input.i64(),
        },
      );
    case 'bigint':
      return checked(path, isType('bigint'), 'bigint', bigintPart);
    case 'decimal': {
      const limit = 10n ** BigInt(schema.precision);
      const fits = (value: unknown): boolean => typeof value === 'bigint' && value < limit && value > -limit;
      return checked(path, fits, `Decimal<${schema.precision}, ${schema.scale}>`, bigintPart);
    }
    case 'float32':
      return checked(path, isType('number'), 'number', {
        write: (out, value: number) => out.f32(value),
        read: input => input.f32(),
      });
    case 'float64':
    case 'timestamp':
      return checked(path, isType('number'), 'number', {
        write: (out, value: number) => out.f64(value),
        read: input => input.f64(),
      });
    case 'date':
      return checked(path, value => value instanceof Date, 'Date', {
        write: (out, value: Date) => out.f64(value.getTime()),
        read: input => new Date(input.f64()),
      });
    case 'null':
      return { write: () => {}, read: () => null };
    case 'undefined':
      return { write: () => {}, read: () => undefined };
    case 'json':
      return jsonPart(path);
    case 'enum':
      return enumPart(schema.values, path);
  }
}

const bigintPart: CodecPart = {
  write: (out, value: bigint) => out.bigint(value),
  read: input => input.bigint(),
};
const isType =
  (type: string) =>
  (value: unknown): boolean =>
    typeof value === type;

function jsonPart(path: string): CodecPart {
  return {
    write(out, value) {
      const text = JSON.stringify(value) as string | undefined;
      if (text === undefined) throw valueDoesNotFit(path, 'JSON', value);
      out.string(text);
    },
    read: readJson,
  };
}

function enumPart(values: readonly (string | number | boolean)[], path: string): CodecPart {
  const wanted = values.map(v => JSON.stringify(v)).join(' | ');
  const indexOf = (value: never): number => {
    const index = values.indexOf(value);
    if (index < 0) throw valueDoesNotFit(path, wanted, value);
    return index;
  };
  if (values.length === 1)
    return { write: (_, value) => void indexOf(value as never), read: () => values[0] };
  return {
    write: (out, value) =>
      values.length <= 256 ? out.u8(indexOf(value as never)) : out.varint(indexOf(value as never)),
    read(input) {
      const index = values.length <= 256 ? input.u8() : input.varint();
      if (index >= values.length) throw badIndex(path, index, input.position);
      return values[index];
    },
  };
}
