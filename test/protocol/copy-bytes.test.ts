import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { copyBytes } from '../../runtime/protocol/copy-bytes.js';

const shared = (size: number): Buffer => Buffer.from(new SharedArrayBuffer(size) as unknown as ArrayBuffer);
const room = 300;

for (const [name, from, to] of [
  ['to shared memory', Buffer.alloc(room), shared(room)],
  ['from shared memory', shared(room), Buffer.alloc(room)],
] as const)
  test(`${name}: these bytes and no others, wherever they start`, () => {
    const position = fc.nat({ max: 40 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), position, position, (bytes, start, at) => {
        for (const [i, byte] of bytes.entries()) from[start + i] = byte;
        to.fill(0xee);
        copyBytes(from.subarray(start, start + bytes.length), to, at);
        const expected = new Uint8Array(room).fill(0xee);
        expected.set(bytes, at);
        assert.equal([...to], [...expected]);
      }),
      { numRuns: 200, seed: 11 },
    );
  });

test('what does not fit is refused', () => {
  assert.throws(() => copyBytes(Buffer.alloc(9), Buffer.alloc(8), 0), RangeError);
  assert.throws(() => copyBytes(Buffer.alloc(8), Buffer.alloc(8), 1), RangeError);
});

test.run();
