import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Schema } from '../../plugins/api/schema.js';
import {
  defaultMaxParallelism,
  keyGroupOf,
  keyGroupRangeOf,
  murmur,
  operatorIndexOf,
} from '../../runtime/core/key-groups.js';
import { keyHasher } from '../../runtime/contract/key-hash.js';
import { operatorIdOf } from '../../runtime/contract/operator-id.js';
import { channelOf } from '../../runtime/operators/key-groups.js';

const hash = (schema: Schema, key: unknown): number => keyHasher(schema)(key);

test('§8.2 vectors: hash code, murmur and key group', () => {
  const vectors: [Schema, unknown, number, number | null, number][] = [
    [{ kind: 'int32' }, 0, 0, 593689054, 94],
    [{ kind: 'int32' }, 1, 1, 68075478, 86],
    [{ kind: 'int32' }, 2, 2, 1085422463, 127],
    [{ kind: 'int32' }, 3, 3, 847579505, 113],
    [{ kind: 'int32' }, 42, 42, 1134849565, 29],
    [{ kind: 'int32' }, -1, -1, 1982413648, 80],
    [{ kind: 'int32' }, 1000000, 1000000, 2127295249, 17],
    [{ kind: 'string' }, '', 0, 593689054, 94],
    [{ kind: 'string' }, 'a', 97, 1455541201, 81],
    [{ kind: 'string' }, 'hello', 99162322, 1715862179, 35],
    [{ kind: 'string' }, 'Alice', 63350368, 213842911, 95],
    [{ kind: 'string' }, 'user-42', -147182656, 1600933524, 20],
    [{ kind: 'int64' }, 0n, 0, null, 94],
    [{ kind: 'int64' }, 1n, 1, null, 86],
    [{ kind: 'int64' }, 42n, 42, null, 29],
    [{ kind: 'int64' }, -1n, 0, null, 94],
    [{ kind: 'int64' }, 10000000000n, 1410065410, null, 109],
    [{ kind: 'timestamp' }, 10000000000, 1410065410, null, 109],
    [{ kind: 'timestamp' }, -1, 0, null, 94],
  ];
  for (const [schema, key, code, mixed, group] of vectors) {
    const label = `${schema.kind} ${String(key)}`;
    assert.is(hash(schema, key), code, label);
    if (mixed !== null) assert.is(murmur(code), mixed, label);
    assert.is(keyGroupOf(code, 128), group, label);
  }
});

test('§8.1 hash codes of the other kinds are Java’s', () => {
  assert.is(hash({ kind: 'bool' }, true), 1231);
  assert.is(hash({ kind: 'bool' }, false), 1237);
  assert.is(hash({ kind: 'float64' }, 1), 1072693248);
  assert.is(hash({ kind: 'float64' }, -1.5), -1074266112);
  assert.is(hash({ kind: 'float32' }, 1), 1065353216);
  assert.is(hash({ kind: 'bigint' }, 123456789012345678901234567890n), 1915528825);
  assert.is(hash({ kind: 'bigint' }, -5n), -5);
  assert.is(hash({ kind: 'decimal', precision: 10, scale: 2 }, 1234n), 31 * 1234 + 2);
  assert.is(hash({ kind: 'nullable', of: { kind: 'string' }, null: true, undefined: false }, null), 0);
  assert.is(
    hash({ kind: 'tuple', items: [{ kind: 'int32' }, { kind: 'string' }] }, [7, 'a']),
    (31 + 7) * 31 + 97,
  );
  assert.is(hash({ kind: 'bytes' }, Uint8Array.of(1, 255)), (31 + 1) * 31 - 1);
});

test('§8.1 a struct hashes by its fields, whatever the order of its properties', () => {
  const schema: Schema = {
    kind: 'struct',
    fields: [
      { name: 'a', schema: { kind: 'int32' }, optional: false },
      { name: 'b', schema: { kind: 'string' }, optional: true },
    ],
  };
  assert.is(hash(schema, { a: 7, b: 'a' }), (31 + 7) * 31 + 97);
  assert.is(hash(schema, { b: 'a', a: 7 }), (31 + 7) * 31 + 97);
  assert.is(hash(schema, { a: 7 }), (31 + 7) * 31);
});

test('§8.1 all NaNs are one key, and so are both zeros', () => {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, 0xfff8_0000_0000_1234n);
  assert.is(hash({ kind: 'float64' }, NaN), 0x7ff80000);
  assert.is(hash({ kind: 'float64' }, view.getFloat64(0)), 0x7ff80000);
  assert.is(hash({ kind: 'float64' }, -0), 0);
  assert.is(hash({ kind: 'float32' }, -0), 0);
});

test('§8.1 a recursive schema hashes to the end of the value', () => {
  const list: Schema = {
    kind: 'recursive',
    id: 'list',
    of: {
      kind: 'struct',
      fields: [
        { name: 'head', schema: { kind: 'int32' }, optional: false },
        { name: 'tail', schema: { kind: 'ref', id: 'list' }, optional: true },
      ],
    },
  };
  const inner = (31 + 2) * 31;
  assert.is(hash(list, { head: 1, tail: { head: 2 } }), (31 + 1) * 31 + inner);
});

test('§8.2 ranges', () => {
  const ranges = (max: number, p: number): number[][] =>
    Array.from({ length: p }, (_, i) => keyGroupRangeOf(i, max, p)).map(r => [r.start, r.end]);
  assert.equal(ranges(128, 3), [
    [0, 42],
    [43, 85],
    [86, 127],
  ]);
  assert.equal(ranges(10, 4), [
    [0, 2],
    [3, 4],
    [5, 7],
    [8, 9],
  ]);
  assert.equal(ranges(128, 5), [
    [0, 25],
    [26, 51],
    [52, 76],
    [77, 102],
    [103, 127],
  ]);
});

test('§8.1 the owner of a key group is the subtask whose range contains it', () => {
  for (const [max, p] of [
    [128, 3],
    [10, 4],
    [128, 5],
    [32768, 7],
  ] as const) {
    for (let subtask = 0; subtask < p; subtask++) {
      const { start, end } = keyGroupRangeOf(subtask, max, p);
      for (let group = start; group <= end; group++) assert.is(operatorIndexOf(group, max, p), subtask);
    }
  }
  assert.is(channelOf(42, 128, 3), 0); // key group 29
  assert.is(channelOf(1, 128, 3), 2); // key group 86
});

test('§8.2 default max parallelism', () => {
  const cases = [
    [1, 128],
    [85, 128],
    [86, 256],
    [170, 256],
    [200, 512],
    [1000, 2048],
    [30000, 32768],
  ] as const;
  for (const [parallelism, expected] of cases) assert.is(defaultMaxParallelism(parallelism), expected);
});

test('§8.3 operator ids', () => {
  const vectors = {
    42: '6c4f323f22da8fb6e34f80c61be7a689',
    44: '3e129e83691e7737fbf876b47452acbc',
    'broadcast-source-uid': '3a6f51704798c4f418be51bfb6813b77',
    'keyed-broadcast-process-uid': '413c1d6f88ee8627fe4b8bc533b4cf1b',
    'source-id': 'bd9c186e89cc37a76d776844dfa8ccba',
    'mapper-id': 'c9cecfed5cae9d489451c50e442666e3',
    window: '01203aa9a12dc1ec725e03853dd7c8f2',
    a: '897859f6655555855a890e51483ab5e6',
  };
  for (const [uid, id] of Object.entries(vectors)) assert.is(operatorIdOf(uid), id, uid);
});

test.run();
