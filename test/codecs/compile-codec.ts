/** Makes a codec from its generated source, as the bundler would. */
import { transformSync } from 'esbuild';
import { codecImports, generateCodec } from '../../compiler/3-codegen/codecs/index.js';
import * as contract from '../../runtime/contract/index.js';
import { ByteReader, ByteWriter, type ValueCodec } from '../../runtime/contract/index.js';
import type { Schema } from '../../plugins/api/schema.js';

export function compileCodec(schema: Schema, classes: Readonly<Record<string, unknown>> = {}): ValueCodec {
  const source = `${generateCodec(schema, 'recordCodec')}return recordCodec;`;
  const { code } = transformSync(`function make() { ${source} }`, { loader: 'ts', target: 'es2022' });
  const values: Readonly<Record<string, unknown>> = { ...contract, ...classes };
  const names = [...codecImports.values, ...Object.keys(classes)];
  // The text is this repository's own output; a module would need a file per codec.
  return new Function(...names, `'use strict'; ${code} return make();`)(...names.map(n => values[n]));
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
