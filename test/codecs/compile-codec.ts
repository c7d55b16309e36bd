/** Makes a codec from its generated source, as the bundler would. */
import { compileFunction } from 'node:vm';
import { transformSync } from 'esbuild';
import { codecImports, generateCodec } from '../../compiler/3-codegen/codecs/index.js';
import * as contract from '../../runtime/contract/index.js';
import { ByteReader, ByteWriter, type ValueCodec } from '../../runtime/contract/index.js';
import type { Schema } from '../../plugins/api/schema.js';

export function compileCodec(schema: Schema, classes: Readonly<Record<string, unknown>> = {}): ValueCodec {
  return evaluate(generateCodec(schema, 'recordCodec'), 'recordCodec', classes) as ValueCodec;
}

/** Value of `result` after the generated declarations; a module would need a file per codec. */
export function evaluate(
  declarations: string,
  result: string,
  classes: Readonly<Record<string, unknown>> = {},
): unknown {
  const { code } = transformSync(declarations, { loader: 'ts', target: 'es2022' });
  const globals: Readonly<Record<string, unknown>> = { ...contract, ...classes };
  const names = [...codecImports.values, ...Object.keys(classes)];
  const run = compileFunction(`'use strict'; ${code}; return ${result};`, names) as (
    ...values: readonly unknown[]
  ) => unknown;
  return run(...names.map(name => globals[name]));
}

export function encode(codec: ValueCodec, value: unknown): Uint8Array {
  const out = new ByteWriter(16);
  codec.write(out, value);
  return out.toBytes();
}
export function decode(codec: ValueCodec, bytes: Uint8Array): unknown {
  const input = new ByteReader(bytes);
  const value = codec.read(input);
  if (input.remaining !== 0) throw new Error(`${input.remaining} bytes left over`);
  return value;
}
