import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isDeepStrictEqual } from 'node:util';
import { CodecError } from '../../runtime/contract/index.js';
import { anySchema, valueOf } from './arbitrary.js';
import { compileCodec, decode, encode } from './compile-codec.js';

const schemaAndValues = anySchema.chain(schema =>
  fc.record({
    schema: fc.constant(schema),
    values: fc.array(valueOf(schema), { minLength: 1, maxLength: 5 }),
  }),
);

test('every value of every schema comes back as it was', () => {
  fc.assert(
    fc.property(schemaAndValues, ({ schema, values }) => {
      const codec = compileCodec(schema);
      for (const value of values) assert.ok(isDeepStrictEqual(decode(codec, encode(codec, value)), value));
    }),
    { numRuns: 150 },
  );
});

test('truncated bytes are a CodecError', () => {
  fc.assert(
    fc.property(schemaAndValues, fc.nat(), ({ schema, values }, cut) => {
      const codec = compileCodec(schema);
      const bytes = encode(codec, values[0]);
      if (bytes.length === 0) return;
      assert.throws(
        () => decode(codec, bytes.subarray(0, cut % bytes.length)),
        (e: unknown) => e instanceof CodecError,
      );
    }),
    { numRuns: 60 },
  );
});

test('flipped bits and random bytes give a value or a CodecError, nothing else', () => {
  const read = (bytes: Uint8Array, codec: ReturnType<typeof compileCodec>): void => {
    try {
      decode(codec, bytes);
    } catch (error) {
      if (error instanceof CodecError || (error as Error).message.endsWith('bytes left over')) return;
      throw error;
    }
  };
  fc.assert(
    fc.property(
      schemaAndValues,
      fc.array(fc.nat(), { minLength: 20, maxLength: 20 }),
      fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 20, maxLength: 20 }),
      ({ schema, values }, flips, noise) => {
        const codec = compileCodec(schema);
        for (const flip of flips) {
          const bytes = encode(codec, values[0]);
          if (bytes.length > 0) bytes[(flip >> 3) % bytes.length]! ^= 1 << (flip & 7);
          read(bytes, codec);
        }
        for (const bytes of noise) read(bytes, codec);
      },
    ),
    { numRuns: 60 },
  );
});

test.run();
