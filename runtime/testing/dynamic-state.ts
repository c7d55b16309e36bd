/** State types for functions that were not compiled: values of any kind that structured cloning keeps. */
import { deserialize, serialize } from 'node:v8';
import type { Schema } from '../../plugins/api/schema.js';
import type { ValueCodec } from '../contract/codec.js';
import type { KeyType, StateSpec } from '../contract/state.js';

const json: Schema = { kind: 'json' };

const structuredCodec: ValueCodec = {
  fingerprint: 'structured-clone',
  write: (out, value) => out.bytesValue(serialize(value)),
  read: from => deserialize(from.bytesValue()) as unknown,
};

/** Keys of a harness: their type is not known, so they are told apart by value. */
export const dynamicKey: KeyType = { schema: json, codec: structuredCodec };

export function dynamicState(name: string, kind: StateSpec['kind']): StateSpec {
  return {
    name,
    kind,
    layout: 'object',
    value: structuredCodec,
    key: structuredCodec,
    schema: json,
    keySchema: json,
  };
}

/** The compiler knows every state's schema; here each name gets one on demand. */
export function dynamicStates(): Readonly<Record<string, StateSpec>> {
  const specs = new Map<string, StateSpec>();
  return new Proxy<Record<string, StateSpec>>(
    {},
    {
      get(_, name) {
        if (typeof name !== 'string') return undefined;
        let spec = specs.get(name);
        if (!spec) {
          spec = dynamicState(name, 'value');
          specs.set(name, spec);
        }
        return spec;
      },
    },
  );
}
