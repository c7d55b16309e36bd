/** What generated codecs call: errors for values that do not fit their type and for bytes that no value has. */
import { CodecError, type ByteReader } from './bytes.js';
import type { ValueCodec } from './codec.js';

/** How deep recursive values may nest. Reading the bytes of a hostile sender must not overflow the stack. */
export const maxNesting = 1000;

/** @param path the field as a user writes it: `record.items[].qty` */
export function valueDoesNotFit(path: string, wanted: string, value: unknown): CodecError {
  return new CodecError(`${path} is ${show(value)}, but its type is ${wanted}`);
}
export function nestsTooDeep(path: string): CodecError {
  return new CodecError(`${path} nests deeper than ${maxNesting} levels, or contains itself`);
}
export function badIndex(path: string, index: number, offset: number): CodecError {
  return new CodecError(`${path}: ${index} stands for no value (before offset ${offset})`);
}

export function readJson(input: ByteReader): unknown {
  const text = input.string();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CodecError(`invalid JSON before offset ${input.position}`, { cause });
  }
}

/** A property named `__proto__` of its own; plain assignment would change the prototype. */
export function ownProperty(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

/** Of a property that may be absent: a flag, then the value. */
export function optionalCodec<T>(codec: ValueCodec<T>): ValueCodec<T | undefined> {
  return {
    fingerprint: `${codec.fingerprint}?`,
    write(out, value) {
      out.u8(value === undefined ? 0 : 1);
      if (value !== undefined) codec.write(out, value);
    },
    read: input => (input.u8() === 0 ? undefined : codec.read(input)),
  };
}

function show(value: unknown): string {
  if (typeof value === 'string') return value.length > 60 ? `'${value.slice(0, 60)}…'` : `'${value}'`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'object' && value !== null) return `a ${value.constructor?.name ?? 'object'}`;
  return String(value);
}
