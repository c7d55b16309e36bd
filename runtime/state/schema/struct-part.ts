/** Structs: bits that say which fields have a value, then the values (runtime/contract/presence.ts). */
import { ownProperty, valueDoesNotFit } from '../../contract/codec-support.js';
import { encodingOf, type FieldEncoding } from '../../contract/presence.js';
import type { CodecPart, InnerPart, SchemaOf } from './codec-part.js';

type Presence = Extract<FieldEncoding, { readonly kind: 'presence' }>;
interface Field {
  readonly name: string;
  readonly optional: boolean;
  readonly encoding: FieldEncoding;
  /** null: the bits are all there is */
  readonly part: CodecPart | null;
}

export function structPart({ fields }: SchemaOf<'struct'>, path: string, inner: InnerPart): CodecPart {
  const encoding = encodingOf(fields);
  const parts = fields.map(({ name, schema, optional }, i): Field => {
    const own = encoding.fields[i]!;
    const of = own.kind === 'presence' ? own.of : schema;
    return { name, optional, encoding: own, part: own.kind === 'bool' ? null : inner(of, `.${name}`) };
  });
  return {
    write(out, value: Readonly<Record<string, unknown>> | null, depth) {
      if (typeof value !== 'object' || value === null) throw valueDoesNotFit(path, 'object', value);
      const values = parts.map(({ name, optional }) =>
        optional && !Object.hasOwn(value, name) && name in Object.prototype ? undefined : value[name],
      );
      const bits = new Uint8Array(encoding.bytes);
      parts.forEach((field, i) => setBits(bits, field.encoding, values[i]));
      out.raw(bits);
      parts.forEach((field, i) => {
        if (isWritten(field.encoding, values[i])) field.part?.write(out, values[i], depth);
      });
    },
    read(input, depth) {
      const bits: number[] = [];
      for (let i = 0; i < encoding.bytes; i++) bits.push(input.u8());
      const struct: Record<string, unknown> = {};
      for (const field of parts) {
        const state = bitsOf(bits, field.encoding);
        if (state === 'absent') continue;
        const value = typeof state === 'object' ? state.value : field.part!.read(input, depth);
        if (field.name === '__proto__') ownProperty(struct, field.name, value);
        else struct[field.name] = value;
      }
      return struct;
    },
  };
}

function setBits(bits: Uint8Array, encoding: FieldEncoding, value: unknown): void {
  if (encoding.kind === 'plain') return;
  let set: number;
  if (encoding.kind === 'bool') set = value ? 1 : 0;
  else if (value === noneOf(encoding)) set = 0;
  else set = encoding.orNull && value === null ? 2 : 1;
  bits[encoding.byte]! |= set << encoding.shift;
}

function isWritten(encoding: FieldEncoding, value: unknown): boolean {
  if (encoding.kind !== 'presence') return true;
  return value !== noneOf(encoding) && !(encoding.orNull && value === null);
}

/** What the bits say: the value itself, that it follows, or that the field is absent. */
function bitsOf(
  bits: readonly number[],
  encoding: FieldEncoding,
): 'absent' | 'follows' | { readonly value: unknown } {
  if (encoding.kind === 'plain') return 'follows';
  const own = bits[encoding.byte]! >> encoding.shift;
  if (encoding.kind === 'bool') return { value: (own & 1) === 1 };
  const state = own & ((1 << encoding.bits) - 1);
  if (state === 1) return 'follows';
  if (state === 0) return encoding.none === 'absent' ? 'absent' : { value: noneOf(encoding) };
  return { value: null };
}

const noneOf = (encoding: Presence): null | undefined => (encoding.none === 'null' ? null : undefined);
