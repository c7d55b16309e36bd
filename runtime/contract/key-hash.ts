/**
 * Hash codes of keys, after Java's hashCode (datastream-semantics §8.1), chosen once per key schema.
 *
 * - int32: itself. float64: both halves of the IEEE bits folded. float32: its IEEE bits. timestamp, date, int64: the
 *   64-bit integer folded. string: 31·h + c over UTF-16 units. bool: 1231/1237. null and undefined: 0.
 * - bigint: BigInteger.hashCode; decimal: BigDecimal.hashCode.
 * - struct (fields in canonical order), tuple, list, bytes: java.util.Arrays.hashCode. set: sum of its elements;
 *   map and record: sum of key xor value.
 * - NaN equals NaN and -0 equals 0, as in a JavaScript Map, so all NaNs and both zeros hash alike.
 */
import type { Schema } from '../../plugins/api/schema.js';

/** Of keys of one schema. */
type KeyHasher = (key: never) => number;
type Hash = (key: unknown) => number;

const bits64 = new Float64Array(1);
const words = new Int32Array(bits64.buffer);
const bits32 = new Float32Array(1);
const word = new Int32Array(bits32.buffer);
const integer64 = new BigInt64Array(bits64.buffer);

export function hashInt32(key: number): number {
  return key | 0;
}
export function hashFloat64(key: number): number {
  if (key !== key) return 0x7ff80000;
  bits64[0] = key + 0; // -0 + 0 is 0
  return words[0]! ^ words[1]!;
}
export function hashFloat32(key: number): number {
  if (key !== key) return 0x7fc00000;
  bits32[0] = key + 0;
  return word[0]!;
}
export function hashBoolean(key: boolean): number {
  return key ? 1231 : 1237;
}
export function hashString(key: string): number {
  let h = 0;
  for (let i = 0; i < key.length; i++) h = (Math.imul(h, 31) + key.charCodeAt(i)) | 0;
  return h;
}
export function hashInt64(key: bigint): number {
  integer64[0] = key;
  return words[0]! ^ words[1]!;
}
/** A 64-bit integer that is held in a number, such as a timestamp; a fraction does not count. */
export function hashLong(key: number): number {
  const whole = Math.trunc(key);
  return (whole | 0) ^ (Math.floor(whole / 0x1_0000_0000) | 0);
}
export function hashDate(key: Date): number {
  return hashLong(key.getTime());
}
export function hashBigint(key: bigint): number {
  const negative = key < 0n;
  let magnitude = negative ? -key : key;
  // BigInteger folds 32-bit words from the most significant one; from the least significant one that is Horner reversed.
  let h = 0;
  let factor = 1;
  while (magnitude !== 0n) {
    h = (h + Math.imul(factor, Number(magnitude & 0xffffffffn) | 0)) | 0;
    factor = Math.imul(factor, 31);
    magnitude >>= 32n;
  }
  return negative ? -h | 0 : h;
}
export function hashBytes(key: Uint8Array): number {
  let h = 1;
  for (let i = 0; i < key.length; i++) h = (Math.imul(h, 31) + ((key[i]! << 24) >> 24)) | 0;
  return h;
}

/** The hash function for keys of one schema; the returned function allocates nothing except for big integers. */
export function keyHasher(schema: Schema): Hash {
  return nested(schema, new Map());
}

type Enclosing = ReadonlyMap<string, () => Hash>;

function compile(schema: Schema, enclosing: Enclosing): KeyHasher {
  switch (schema.kind) {
    case 'bool':
      return hashBoolean;
    case 'string':
      return hashString;
    case 'bytes':
      return hashBytes;
    case 'int32':
      return hashInt32;
    case 'int64':
      return hashInt64;
    case 'bigint':
      return hashBigint;
    case 'float32':
      return hashFloat32;
    case 'float64':
      return hashFloat64;
    case 'decimal': {
      const { scale } = schema;
      return (key: bigint) => (Math.imul(31, hashBigint(key)) + scale) | 0;
    }
    case 'timestamp':
      return hashLong;
    case 'date':
      return hashDate;
    case 'enum':
    case 'json':
      return hashDynamic;
    case 'null':
    case 'undefined':
      return () => 0;
    case 'nullable':
      return absentIsZero(nested(schema.of, enclosing));
    case 'struct':
      return hashStruct(
        schema.fields.map(field => field.name),
        schema.fields.map(field => absentIsZero(nested(field.schema, enclosing))),
      );
    case 'tuple':
      return hashTuple(
        schema.items.map(item => absentIsZero(nested(item, enclosing))),
        schema.rest ? nested(schema.rest, enclosing) : null,
      );
    case 'list':
      return hashList(nested(schema.of, enclosing));
    case 'set':
      return hashSet(nested(schema.of, enclosing));
    case 'map':
      return hashMap(nested(schema.key, enclosing), nested(schema.value, enclosing));
    case 'record':
      return hashRecord(nested(schema.value, enclosing));
    case 'union':
      // Equal keys have the same shape, and that is all a hash must respect.
      return hashDynamic;
    case 'recursive': {
      let compiled: Hash | null = null;
      const inner = new Map(enclosing);
      inner.set(schema.id, () => compiled!);
      compiled = nested(schema.of, inner);
      return compiled;
    }
    case 'ref': {
      const target = enclosing.get(schema.id);
      if (!target) throw new Error(`schema refers to '${schema.id}', which is not open here`);
      return (key: unknown) => target()(key);
    }
  }
}

function nested(schema: Schema, enclosing: Enclosing): Hash {
  return compile(schema, enclosing) as Hash;
}
/** An optional field may be absent whatever its schema. */
function absentIsZero(hash: Hash): Hash {
  return key => (key === null || key === undefined ? 0 : hash(key));
}

/** `names` and `hashers` by field, in canonical order. */
function hashStruct(names: readonly string[], hashers: readonly Hash[]): KeyHasher {
  return (key: Record<string, unknown>) => {
    let h = 1;
    for (let i = 0; i < names.length; i++) h = (Math.imul(h, 31) + hashers[i]!(key[names[i]!])) | 0;
    return h;
  };
}
function hashTuple(items: readonly Hash[], rest: Hash | null): KeyHasher {
  return (key: readonly unknown[]) => {
    let h = 1;
    for (let i = 0; i < key.length; i++) {
      const hash = i < items.length ? items[i]! : rest;
      h = (Math.imul(h, 31) + (hash === null ? 0 : hash(key[i]))) | 0;
    }
    return h;
  };
}
function hashList(of: Hash): KeyHasher {
  return (key: readonly unknown[]) => {
    let h = 1;
    for (let i = 0; i < key.length; i++) h = (Math.imul(h, 31) + of(key[i])) | 0;
    return h;
  };
}
function hashSet(of: Hash): KeyHasher {
  return (key: ReadonlySet<unknown>) => {
    let h = 0;
    for (const element of key) h = (h + of(element)) | 0;
    return h;
  };
}
function hashMap(hashKey: Hash, hashValue: Hash): KeyHasher {
  return (key: ReadonlyMap<unknown, unknown>) => {
    let h = 0;
    for (const [k, v] of key) h = (h + (hashKey(k) ^ hashValue(v))) | 0;
    return h;
  };
}
function hashRecord(hashValue: Hash): KeyHasher {
  return (key: Readonly<Record<string, unknown>>) => {
    let h = 0;
    for (const name in key) h = (h + (hashString(name) ^ hashValue(key[name]))) | 0;
    return h;
  };
}

/** By what the value is at run time: enums of mixed literals, unions, JSON. */
function hashDynamic(key: unknown): number {
  switch (typeof key) {
    case 'string':
      return hashString(key);
    case 'number':
      return hashFloat64(key);
    case 'boolean':
      return hashBoolean(key);
    case 'bigint':
      return hashBigint(key);
    case 'object':
      return key === null ? 0 : hashObject(key);
    case 'undefined':
    case 'symbol':
    case 'function':
      return 0;
  }
}
function hashObject(key: object): number {
  if (key instanceof Date) return hashDate(key);
  if (key instanceof Uint8Array) return hashBytes(key);
  let h = 0;
  if (Array.isArray(key)) {
    h = 1;
    for (const element of key) h = (Math.imul(h, 31) + hashDynamic(element)) | 0;
  } else if (key instanceof Set) {
    for (const element of key) h = (h + hashDynamic(element)) | 0;
  } else if (key instanceof Map) {
    for (const [k, v] of key) h = (h + (hashDynamic(k) ^ hashDynamic(v))) | 0;
  } else {
    // A sum, because two equal objects may list their properties in different orders.
    const record = key as Readonly<Record<string, unknown>>;
    for (const name in record) {
      if (record[name] !== undefined) h = (h + (hashString(name) ^ hashDynamic(record[name]))) | 0;
    }
  }
  return h;
}
