/** Tables of numbers: snapshots of them are copied and encoded page by page, and must be what codecs write. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Schema } from '../../plugins/api/schema.js';
import type { ColumnKind } from '../../plugins/api/batch.js';
import { ByteReader, type ByteWriter } from '../../runtime/contract/bytes.js';
import { keyGroupOf } from '../../runtime/contract/key-groups.js';
import { keyHasher } from '../../runtime/contract/key-hash.js';
import { StateFileReader } from '../../runtime/state/format/state-file-reader.js';
import { StateFileWriter } from '../../runtime/state/format/state-file-writer.js';
import { HeapKeyedStateBackend } from '../../runtime/state/heap/keyed-backend.js';
import { ManualClock } from '../operators/harness.js';

interface Width {
  readonly schema: Schema;
  readonly layout: ColumnKind;
  readonly of: (n: number) => number | boolean;
  readonly write: (out: ByteWriter, value: never) => void;
  readonly read: (from: ByteReader) => unknown;
}
const float64: Width = {
  schema: { kind: 'float64' },
  layout: 'float64',
  of: n => n / 3,
  write: (out, value) => out.f64(value),
  read: from => from.f64(),
};
const int32: Width = {
  schema: { kind: 'int32' },
  layout: 'int32',
  of: n => n - 4_000,
  write: (out, value) => out.i32(value),
  read: from => from.i32(),
};
const widths: Readonly<Record<'float64' | 'timestamp' | 'int32' | 'float32' | 'bool', Width>> = {
  float64,
  timestamp: { ...float64, schema: { kind: 'timestamp' }, of: n => 1_700_000_000_000 + n },
  int32,
  float32: {
    schema: { kind: 'float32' },
    layout: 'float32',
    of: n => Math.fround(n / 3),
    write: (out, value) => out.f32(value),
    read: from => from.f32(),
  },
  bool: {
    schema: { kind: 'bool' },
    layout: 'bool',
    of: n => n % 2 === 0,
    write: (out, value) => out.u8(value ? 1 : 0),
    read: from => from.u8() === 1,
  },
};
const codecOf = ({ write, read }: Width) => ({
  fingerprint: '',
  write: (out: ByteWriter, value: unknown) => write(out, value as never),
  read,
});

function tableOf(key: Width, value: Width, maxParallelism: number) {
  const keyed = new HeapKeyedStateBackend<unknown>({
    keyType: { schema: key.schema, codec: codecOf(key) },
    maxParallelism,
    processingTime: new ManualClock(0),
    batchMode: false,
    restored: null,
  });
  const state = keyed.value<unknown>({
    name: 'v',
    kind: 'value',
    layout: value.layout,
    schema: value.schema,
    value: codecOf(value),
  });
  return { keyed, state };
}

for (const [keyName, key] of Object.entries(widths).filter(([name]) => name !== 'bool'))
  for (const [valueName, value] of Object.entries(widths))
    // One key group: its block is full again and again. 32,768: no block ever is.
    for (const maxParallelism of [1, 32_768])
      test(`§9.2 keys of ${keyName}, values of ${valueName}, ${maxParallelism} key groups`, () => {
        const { keyed, state } = tableOf(key, value, maxParallelism);
        const model = new Map<unknown, unknown>();
        let random = maxParallelism;
        const draw = (below: number): number => {
          random = (Math.imul(random, 1664525) + 1013904223) | 0;
          return (random >>> 8) % below;
        };
        const change = (below: number): void => {
          const k = key.of(draw(below));
          keyed.setCurrentKey(k);
          if (draw(4) === 0) {
            state.clear();
            model.delete(k);
          } else {
            const v = value.of(draw(1_000));
            state.update(v);
            model.set(k, v);
          }
        };
        for (let i = 0; i < 12_000; i++) change(9_000);
        for (let round = 0; round < 2; round++) {
          const expected = [...model].map(([k, v]) => `${String(k)}=${String(v)}`).sort();
          const snapshot = keyed.snapshot();
          const found: string[] = [];
          const hash = keyHasher(key.schema);
          for (let done = false; !done;) {
            // New keys take over the slots of those that go.
            for (let i = 0; i < 300; i++) change(18_000);
            done = snapshot.step(0, (_, { keyGroup, entries }) => {
              for (const from = new ByteReader(entries); from.remaining > 0;) {
                const k = key.read(from);
                assert.is(keyGroup, keyGroupOf(hash(k), maxParallelism));
                found.push(`${String(k)}=${String(value.read(from))}`);
              }
            });
          }
          assert.equal(found.sort(), expected, `round ${round}`);
        }
      });

test('a snapshot that is given up leaves nothing behind', () => {
  const { keyed, state } = tableOf(float64, float64, 128);
  for (let n = 0; n < 10_000; n++) {
    keyed.setCurrentKey(n);
    state.update(n);
  }
  const first = keyed.snapshot();
  first.step(0, () => {});
  keyed.setCurrentKey(9_999);
  state.update(1);
  first.discard();
  const second = keyed.snapshot().finish();
  const bytes = [...second.get('v')!.keyGroups.values()].flat().reduce((sum, chunk) => sum + chunk.length, 0);
  assert.is(bytes, 160_000);
});

test('§9.2 a snapshot that is aborted while it is written leaves no file, and the next one is complete', async () => {
  const { keyed, state } = tableOf(float64, float64, 128);
  const fill = (value: number): void => {
    for (let n = 0; n < 30_000; n++) {
      keyed.setCurrentKey(n);
      state.update(value);
    }
  };
  fill(1);
  const header = {
    jobId: 'j',
    checkpointId: 1,
    uid: 'u',
    uidHash: 'h',
    subtask: 0,
    parallelism: 1,
    maxParallelism: 128,
  };
  const pieces: Uint8Array[] = [];
  const abort = new AbortController();
  const first = keyed.snapshot();
  const sink = (onWrite: () => void) => ({
    write: (bytes: Uint8Array) => {
      pieces.push(bytes.slice());
      onWrite();
      return Promise.resolve();
    },
  });
  const aborted = await StateFileWriter.begin(
    sink(() => abort.abort(new Error('checkpoint expired'))),
    header,
  );
  await first.write(aborted, abort.signal).then(
    () => assert.unreachable('it was aborted'),
    (error: Error) => assert.is(error.message, 'checkpoint expired'),
  );
  first.discard();

  // While this one is written, every piece that reaches the file finds other values in the table.
  pieces.length = 0;
  let changes = 1;
  const second = keyed.snapshot();
  const out = await StateFileWriter.begin(
    sink(() => fill(++changes)),
    header,
  );
  await second.write(out, new AbortController().signal);
  await out.finish();
  assert.ok(changes > 1);
  const bytes = Buffer.concat(pieces);
  const reader = await StateFileReader.open({
    name: 'f',
    length: bytes.length,
    read: (start, end) => Promise.resolve(bytes.subarray(start, end)),
  });
  let entries = 0;
  for await (const block of reader.blocks(0))
    for (const from = new ByteReader(block.entries); from.remaining > 0; entries++) {
      from.f64();
      assert.is(from.f64(), 1);
    }
  assert.is(entries, 30_000);
});

test.run();
