/**
 * Protobuf messages from a description of their fields: what the .proto files of this folder say, as encoder and checked
 * decoder. Few enough messages cross processes that neither a generator nor a parser of .proto at start-up would pay.
 */
import { ByteReader, ByteWriter, CodecError } from '../contract/bytes.js';

export type WireType = 0 | 1 | 2 | 5;

export interface FieldType<T> {
  readonly wire: WireType;
  /** Value of a field that is not on the wire. */
  readonly initial: T;
  /** proto3 does not write default values. */
  absent(value: T): boolean;
  write(out: ByteWriter, value: T): void;
  read(from: ByteReader): T;
}
export interface Field<T> extends FieldType<T> {
  readonly number: number;
  /** collects instead of replacing */
  readonly repeated?: true;
}
type Fields = Readonly<Record<string, Field<never> | Field<unknown>>>;
export type MessageOf<F> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

export interface MessageCodec<T> {
  readonly name: string;
  encode(value: T): Buffer;
  /** Throws CodecError on what is not such a message. */
  decode(bytes: Uint8Array): T;
  write(out: ByteWriter, value: T): void;
  read(from: ByteReader): T;
}

export const uint32: FieldType<number> = {
  wire: 0,
  initial: 0,
  absent: value => value === 0,
  write: (out, value) => out.varint(value),
  read: from => {
    const value = from.varint();
    if (value > 0xffff_ffff) throw new CodecError(`${value} does not fit 32 bits`);
    return value;
  },
};
/** As a number: up to 2^53. */
export const uint64: FieldType<number> = { ...uint32, read: from => from.varint() };
export const bool: FieldType<boolean> = {
  wire: 0,
  initial: false,
  absent: value => !value,
  write: (out, value) => out.u8(value ? 1 : 0),
  read: from => from.varint() !== 0,
};
export const double: FieldType<number> = {
  wire: 1,
  initial: 0,
  absent: value => Object.is(value, 0),
  write: (out, value) => out.f64(value),
  read: from => from.f64(),
};
export const bytes: FieldType<Uint8Array> = {
  wire: 2,
  initial: new Uint8Array(0),
  absent: value => value.length === 0,
  write: (out, value) => out.bytesValue(value),
  read: from => from.bytesValue(),
};
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
export const string: FieldType<string> = {
  wire: 2,
  initial: '',
  absent: value => value === '',
  write: (out, value) => out.bytesValue(Buffer.from(value, 'utf8')),
  read: from => {
    try {
      return utf8.decode(from.bytesValue());
    } catch (error) {
      if (error instanceof CodecError) throw error;
      throw new CodecError('a text is not UTF-8');
    }
  },
};

export const field = <T>(number: number, type: FieldType<T>): Field<T> => ({ ...type, number });

/** A message in a field, null where it is absent. */
export function optional<T>(number: number, codec: MessageCodec<T>): Field<T | null> {
  return {
    number,
    wire: 2,
    initial: null,
    absent: value => value === null,
    write: (out, value) => writeNested(out, codec, value!),
    read: from => readNested(from, codec),
  };
}

export function repeated<T>(number: number, codec: MessageCodec<T>): Field<readonly T[]> {
  return {
    number,
    wire: 2,
    repeated: true,
    initial: [],
    absent: values => values.length === 0,
    write: (out, values) => {
      for (const [i, value] of values.entries()) {
        if (i > 0) out.varint(number * 8 + 2);
        writeNested(out, codec, value);
      }
    },
    read: from => [readNested(from, codec)],
  };
}

export function message<F extends Fields>(name: string, fields: F): MessageCodec<MessageOf<F>> {
  const entries = Object.entries(fields) as readonly (readonly [string, Field<unknown>])[];
  const byNumber = new Map(entries.map(([key, type]) => [type.number, { key, type }]));
  const initial = Object.fromEntries(entries.map(([key, type]) => [key, type.initial]));
  const codec: MessageCodec<Record<string, unknown>> = {
    name,
    encode: value => {
      const out = new ByteWriter();
      codec.write(out, value);
      return Buffer.from(out.toBytes());
    },
    decode: input => codec.read(readerOf(input)),
    write: (out, value) => {
      for (const [key, type] of entries) {
        if (type.absent(value[key])) continue;
        out.varint(type.number * 8 + type.wire);
        type.write(out, value[key]);
      }
    },
    read: from => {
      const value = { ...initial };
      while (from.remaining > 0) {
        const tag = from.varint();
        const known = byNumber.get(Math.floor(tag / 8));
        if (!known) {
          skipField(from, tag);
          continue;
        }
        const { key, type } = known;
        if (tag % 8 !== type.wire) throw new CodecError(`${name}.${key} has wire type ${tag % 8}`);
        const read = type.read(from);
        value[key] = type.repeated ? [...(value[key] as unknown[]), ...(read as unknown[])] : read;
      }
      return value;
    },
  };
  return codec as unknown as MessageCodec<MessageOf<F>>;
}

/** Not of a Buffer as such: its slice() is no copy. */
export function readerOf(input: Uint8Array): ByteReader {
  return new ByteReader(new Uint8Array(input.buffer, input.byteOffset, input.byteLength));
}

/** A field of a newer version. */
export function skipField(from: ByteReader, tag: number): void {
  if (tag < 8) throw new CodecError('field number 0');
  switch (tag % 8) {
    case 0:
      from.varint();
      return;
    case 1:
      from.take(8);
      return;
    case 2:
      from.take(from.varint());
      return;
    case 5:
      from.take(4);
      return;
    default:
      throw new CodecError(`wire type ${tag % 8}`);
  }
}

/** The one field of a oneof that is set. */
export function only<T extends object>(
  name: string,
  value: T,
): { [K in keyof T]: T[K] extends infer V ? { kind: K; value: NonNullable<V> } : never }[keyof T] {
  const set = (Object.keys(value) as (keyof T)[]).filter(key => value[key] !== null);
  if (set.length !== 1) throw new CodecError(`${name} has ${set.length} of its fields, not one`);
  const kind = set[0]!;
  return { kind, value: value[kind]! } as never;
}

function writeNested<T>(out: ByteWriter, codec: MessageCodec<T>, value: T): void {
  const nested = new ByteWriter();
  codec.write(nested, value);
  out.varint(nested.length);
  out.raw(nested.bytes.subarray(0, nested.length));
}

function readNested<T>(from: ByteReader, codec: MessageCodec<T>): T {
  const length = from.varint();
  const at = from.take(length);
  return codec.read(new ByteReader(from.bytes, at, at + length));
}
