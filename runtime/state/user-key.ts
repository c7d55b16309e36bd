import type { Schema } from '../../plugins/api/schema.js';
import { ByteWriter } from '../contract/bytes.js';
import type { ValueCodec } from '../contract/codec.js';
import { RuntimeFault } from '../contract/fault.js';
import type { StateSpec } from '../contract/state.js';
import { isPrimitive } from './heap/key-index.js';

/** What identifies a user key of a map state inside a JavaScript Map: itself, or its encoding when it is an object. */
export type UserKeyId = (key: unknown) => unknown;

export function userKeyId(codec: ValueCodec, schema: Schema | undefined): UserKeyId {
  if (schema === undefined || isPrimitive(schema)) return key => key;
  const out = new ByteWriter(64);
  return key => {
    out.reset();
    codec.write(out, key);
    return Buffer.from(out.bytes.buffer, 0, out.length).toString('latin1');
  };
}

export function userKeyCodec(spec: StateSpec): ValueCodec {
  if (spec.key) return spec.key;
  throw new RuntimeFault('FC5105', {
    message: `map state '${spec.name}' is declared without a codec for its keys`,
    domain: 'artifact',
    fix: 'build the program again with the flinkc that runs it',
  });
}
