import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CodecError } from '../../runtime/contract/bytes.js';
import {
  decodePullRequest,
  encodePullRequest,
  FrameWriter,
  readFrame,
  type ChannelFailure,
  type FrameEntry,
  type PullRequest,
} from '../../runtime/protocol/data-plane.js';

const { root } = protobuf.parse(
  readFileSync(new URL('../../runtime/protocol/data-plane.proto', import.meta.url), 'utf8'),
  { keepCase: false },
);
const type = (name: string): protobuf.Type => root.lookupType(`flinkc.protocol.${name}`);

/** As protobufjs understands it. */
const plain = (name: string, bytes: Uint8Array): unknown =>
  type(name).toObject(type(name).decode(bytes), { defaults: true, bytes: String });

const record = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(fields, { noNullPrototype: true });
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const handle = fc.integer({ min: 1, max: 2 ** 32 - 1 });
const text = fc.string({ unit: 'grapheme' });
const request: fc.Arbitrary<PullRequest> = fc.oneof(
  record({
    kind: fc.constant('hello' as const),
    version: u32,
    from: text,
    to: text,
    byteOrder: fc.constantFrom(1, 2),
  }),
  record({
    kind: fc.constant('open' as const),
    handle,
    jobId: text,
    attempt: u32,
    channel: u32,
    credit: u32,
    entryBytes: u32,
  }),
  record({ kind: fc.constant('credit' as const), handle, credit: u32 }),
  record({ kind: fc.constant('close' as const), handle }),
);
const entry = record({
  handle,
  kind: fc.integer({ min: 1, max: 7 }),
  a: u32,
  b: fc.double({ noNaN: true }),
  payload: fc.uint8Array({ maxLength: 300 }),
});
type Entry = FrameEntry & { readonly handle: number };

function frameOf(entries: readonly Entry[], failures: readonly ChannelFailure[] = []): Buffer {
  const writer = new FrameWriter();
  for (const each of entries) writer.entry(each.handle, each);
  for (const failure of failures) writer.failure(failure);
  return writer.take();
}
function read(frame: Uint8Array): { entries: Entry[]; failures: ChannelFailure[] } {
  const entries: Entry[] = [];
  const failures: ChannelFailure[] = [];
  readFrame(frame, {
    entry: (to, { kind, a, b, payload }) =>
      entries.push({ handle: to, kind, a, b, payload: new Uint8Array(payload) }),
    failure: failure => failures.push(failure),
  });
  return { entries, failures };
}

test('requests are what data-plane.proto says, read and written', () => {
  fc.assert(
    fc.property(request, sent => {
      const { kind, ...body } = sent;
      const theirs = type('PullRequest')
        .encode(type('PullRequest').create({ [kind]: body }))
        .finish();
      assert.equal(decodePullRequest(theirs), sent);
      assert.equal(decodePullRequest(encodePullRequest(sent)), sent);
      assert.equal(plain('PullRequest', encodePullRequest(sent)), plain('PullRequest', theirs));
    }),
    { seed: 1 },
  );
});

test('frames are what data-plane.proto says, read and written', () => {
  const failure = record({ handle, code: text, message: text });
  fc.assert(
    fc.property(
      fc.array(entry, { maxLength: 5 }),
      fc.array(failure, { maxLength: 2 }),
      (entries, failures) => {
        const frame = frameOf(entries, failures);
        assert.equal(read(frame), { entries, failures });
        const named = entries.map(({ a, b, ...rest }) => ({ ...rest, number: a, value: b }));
        const theirs = type('DataFrame')
          .encode(type('DataFrame').create({ entries: named, failures }))
          .finish();
        assert.equal(read(theirs), { entries, failures });
        assert.equal(plain('DataFrame', frame), plain('DataFrame', theirs));
      },
    ),
    { seed: 2 },
  );
});

test('whatever bytes come: a message or a CodecError, nothing else', () => {
  const damaged = fc
    .tuple(fc.array(entry, { minLength: 1, maxLength: 3 }), request, fc.nat(), fc.nat(255), fc.boolean())
    .map(([entries, sent, at, value, cut]) =>
      [frameOf(entries), encodePullRequest(sent)].map(bytes => {
        const copy = Uint8Array.from(bytes);
        copy[at % copy.length] = value;
        return cut ? copy.subarray(0, at % copy.length) : copy;
      }),
    );
  const attempt = (decode: () => unknown): void => {
    try {
      decode();
    } catch (error) {
      assert.instance(error, CodecError);
    }
  };
  fc.assert(
    fc.property(fc.oneof(damaged, fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1 })), inputs => {
      for (const bytes of inputs) {
        attempt(() => read(bytes));
        attempt(() => decodePullRequest(bytes));
      }
    }),
    { seed: 3, numRuns: 2000 },
  );
});

test('what is missing or impossible is said', () => {
  const decode = (bytes: readonly number[]) => () => decodePullRequest(Uint8Array.from(bytes));
  assert.throws(decode([]), /PullRequest has 0 of its fields, not one/);
  assert.throws(decode([0x1a, 0, 0x22, 0]), /has 2 of its fields/);
  assert.throws(decode([0x22, 0]), /PullRequest.close without handle/);
  assert.throws(
    () => read(frameOf([{ handle: 0, kind: 1, a: 0, b: 0, payload: new Uint8Array(0) }])),
    /without handle/,
  );
  assert.throws(
    () => read(frameOf([{ handle: 1, kind: 10, a: 0, b: 0, payload: new Uint8Array(0) }])),
    /of kind 10/,
  );
});

test.run();
