/** What codecs of schemas are put together from: how one schema's values are written and read. */
import type { Schema } from '../../../plugins/api/schema.js';
import type { ByteReader, ByteWriter } from '../../contract/bytes.js';
import { valueDoesNotFit } from '../../contract/codec-support.js';

/** `depth`: how many recursive schemas have been entered. */
export interface CodecPart {
  readonly write: Write;
  readonly read: (input: ByteReader, depth: number) => unknown;
}
/** Called with values that have been checked, so functions of their type serve: methods are compared loosely. */
type Write = { write(out: ByteWriter, value: unknown, depth: number): void }['write'];

export type SchemaOf<K extends Schema['kind']> = Extract<Schema, { readonly kind: K }>;
/** The part of a schema inside this one; `suffix` names its place for messages. */
export type InnerPart = (of: Schema, suffix?: string) => CodecPart;

/** The part, for values that fit alone; others are refused as not `wanted`. */
export function checked(
  path: string,
  fits: (value: unknown) => boolean,
  wanted: string,
  part: CodecPart,
): CodecPart {
  return {
    write(out, value, depth) {
      if (!fits(value)) throw valueDoesNotFit(path, wanted, value);
      part.write(out, value, depth);
    },
    read: part.read,
  };
}

export const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
