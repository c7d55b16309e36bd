/** values.proto: what a structured clone keeps, between processes. */
import { ByteReader, ByteWriter, CodecError } from '../contract/bytes.js';
import { readerOf, skipField, string as text } from './proto-message.js';

const deepest = 200;
const Singleton = { Null: 1, Undefined: 2, False: 3, True: 4 } as const;
const typedArrays = {
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
} as const;
type TypedArray = InstanceType<(typeof typedArrays)[keyof typeof typedArrays]>;

/** Throws a TypeError on what has no value outside its process: functions, symbols. */
export function encodeValue(value: unknown): Buffer {
  const out = new ByteWriter();
  writeValue(out, value, 0);
  return Buffer.from(out.toBytes());
}

/** Throws CodecError. */
export function decodeValue(bytes: Uint8Array): unknown {
  return readValue(readerOf(bytes), 0);
}

function writeValue(out: ByteWriter, value: unknown, depth: number): void {
  if (depth > deepest) throw new TypeError(`a value is nested more than ${deepest} deep, or contains itself`);
  const nested = (field: number, write: (inner: ByteWriter) => void): void => {
    const inner = new ByteWriter();
    write(inner);
    out.varint(field * 8 + 2);
    out.varint(inner.length);
    out.raw(inner.bytes.subarray(0, inner.length));
  };
  const items = (field: number, values: Iterable<unknown>): void =>
    nested(field, inner => {
      for (const each of values) message(inner, 1, body => writeValue(body, each, depth + 1));
    });
  switch (typeof value) {
    case 'undefined':
      singleton(out, Singleton.Undefined);
      return;
    case 'boolean':
      singleton(out, value ? Singleton.True : Singleton.False);
      return;
    case 'number':
      out.u8(0x11);
      out.f64(value);
      return;
    case 'string':
      if (value.isWellFormed?.() ?? true) {
        out.u8(0x1a);
        text.write(out, value);
      } else {
        out.u8(0x62);
        out.bytesValue(Buffer.from(value, 'utf16le'));
      }
      return;
    case 'bigint':
      out.u8(0x2a);
      text.write(out, String(value));
      return;
    case 'object':
      break;
    default:
      throw new TypeError(`a ${typeof value} cannot be sent to another process`);
  }
  if (value === null) singleton(out, Singleton.Null);
  else if (value instanceof Uint8Array) {
    out.u8(0x22);
    out.bytesValue(value);
  } else if (ArrayBuffer.isView(value) && value.constructor.name in typedArrays)
    nested(11, inner => {
      inner.u8(0x0a);
      text.write(inner, value.constructor.name);
      inner.u8(0x12);
      inner.bytesValue(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    });
  else if (Array.isArray(value)) items(6, value);
  else if (value instanceof Map) items(8, [...(value as Map<unknown, unknown>)].flat(1));
  else if (value instanceof Set) items(9, value);
  else if (value instanceof Date) {
    out.u8(0x51);
    out.f64(value.getTime());
  } else
    nested(7, inner => {
      for (const [name, each] of Object.entries(value))
        message(inner, 1, property => {
          property.u8(0x0a);
          text.write(property, name);
          message(property, 2, body => writeValue(body, each, depth + 1));
        });
    });
}

function singleton(out: ByteWriter, which: number): void {
  out.u8(0x08);
  out.u8(which);
}

function message(out: ByteWriter, field: number, write: (inner: ByteWriter) => void): void {
  const inner = new ByteWriter(64);
  write(inner);
  out.varint(field * 8 + 2);
  out.varint(inner.length);
  out.raw(inner.bytes.subarray(0, inner.length));
}

function readValue(from: ByteReader, depth: number): unknown {
  if (depth > deepest) throw new CodecError(`a value is nested more than ${deepest} deep`);
  let value: unknown;
  let found = false;
  while (from.remaining > 0) {
    const tag = from.varint();
    const read = readers[tag];
    if (!read) {
      skipField(from, tag);
      continue;
    }
    value = read(from, depth);
    found = true;
  }
  if (!found) throw new CodecError('a value without content');
  return value;
}

const readers: Readonly<Record<number, (from: ByteReader, depth: number) => unknown>> = {
  0x08: from => {
    const which = from.varint();
    switch (which) {
      case Singleton.Null:
        return null;
      case Singleton.Undefined:
        return undefined;
      case Singleton.False:
        return false;
      case Singleton.True:
        return true;
      default:
        throw new CodecError(`singleton ${which}`);
    }
  },
  0x11: from => from.f64(),
  0x1a: from => text.read(from),
  0x22: from => from.bytesValue(),
  0x2a: from => {
    const digits = text.read(from);
    if (!/^-?\d+$/.test(digits)) throw new CodecError('a bigint is not a whole number');
    return BigInt(digits);
  },
  0x32: (from, depth) => readItems(from, depth),
  0x3a: (from, depth) =>
    // fromEntries defines what an assignment to __proto__ would not
    Object.fromEntries(
      messages(from).map(property => {
        let name = '';
        let value: unknown;
        while (property.remaining > 0) {
          const tag = property.varint();
          if (tag === 0x0a) name = text.read(property);
          else if (tag === 0x12) value = readValue(nestedReader(property), depth + 1);
          else skipField(property, tag);
        }
        return [name, value];
      }),
    ),
  0x42: (from, depth) => {
    const items = readItems(from, depth);
    if (items.length % 2 !== 0) throw new CodecError('a map with a key without value');
    return new Map(Array.from({ length: items.length / 2 }, (_, i) => [items[2 * i], items[2 * i + 1]]));
  },
  0x4a: (from, depth) => new Set(readItems(from, depth)),
  0x51: from => new Date(from.f64()),
  0x5a: from => readTypedArray(nestedReader(from)),
  0x62: from => Buffer.from(from.bytesValue()).toString('utf16le'),
};

const readItems = (from: ByteReader, depth: number): unknown[] =>
  messages(from).map(item => readValue(item, depth + 1));

/** The field 1 of the message that follows, each a message. */
function messages(from: ByteReader): ByteReader[] {
  const all = nestedReader(from);
  const found: ByteReader[] = [];
  while (all.remaining > 0) {
    const tag = all.varint();
    if (tag === 0x0a) found.push(nestedReader(all));
    else skipField(all, tag);
  }
  return found;
}

function nestedReader(from: ByteReader): ByteReader {
  const length = from.varint();
  const at = from.take(length);
  return new ByteReader(from.bytes, at, at + length);
}

function readTypedArray(from: ByteReader): TypedArray {
  let type = '';
  let bytes = new Uint8Array(0);
  while (from.remaining > 0) {
    const tag = from.varint();
    if (tag === 0x0a) type = text.read(from);
    else if (tag === 0x12) bytes = Uint8Array.from(from.bytesValue());
    else skipField(from, tag);
  }
  if (!Object.hasOwn(typedArrays, type)) throw new CodecError(`an array of type '${type}'`);
  const constructor = typedArrays[type as keyof typeof typedArrays];
  if (bytes.length % constructor.BYTES_PER_ELEMENT !== 0)
    throw new CodecError(`${bytes.length} bytes are no ${type}`);
  return new constructor(bytes.buffer);
}
