import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CodecError } from '../../runtime/contract/bytes.js';
import {
  decodeJobManagerMessage,
  decodeTaskManagerMessage,
  encodeJobManagerMessage,
  encodeTaskManagerMessage,
  type JobManagerMessage,
  type TaskManagerMessage,
} from '../../runtime/protocol/control.js';
import { decodeValue, encodeValue } from '../../runtime/protocol/values.js';

const root = new protobuf.Root();
for (const name of ['values', 'control'])
  protobuf.parse(
    readFileSync(new URL(`../../runtime/protocol/${name}.proto`, import.meta.url), 'utf8').replace(
      'import "values.proto";',
      '',
    ),
    root,
  );
const type = (name: string): protobuf.Type => root.lookupType(`flinkc.protocol.${name}`);
const reencoded = (name: string, bytes: Uint8Array): Uint8Array =>
  type(name).encode(type(name).decode(bytes)).finish();

const attempt = { jobId: 'job', attempt: 3 };
const fromTaskManager: readonly TaskManagerMessage[] = [
  {
    kind: 'registration',
    version: 1,
    resourceId: 'tm-1',
    dataAddress: 'host:1',
    slots: 4,
    knownFencingToken: 1_795_268_548_267,
    engineVersion: '0.1.0',
  },
  { kind: 'heartbeat', status: null },
  {
    kind: 'heartbeat',
    status: {
      cpuCores: 2,
      physicalMemory: 2 ** 40,
      freeMemory: 2 ** 33,
      residentMemory: 300_000_001,
      heapUsed: 5,
      heapCommitted: 6,
      heapMax: 2 ** 32,
      externalMemory: 0,
    },
  },
  { kind: 'report', slot: 2, report: { ...attempt, slot: 2, type: 'deployed' } },
  { kind: 'lost', ...attempt, slot: 0, fault: { code: 'FC5002', facts: { a: 'b' } } },
  { kind: 'released', request: 7 },
];
const fromJobManager: readonly JobManagerMessage[] = [
  { kind: 'registered', heartbeatIntervalMs: 10_000, heartbeatTimeoutMs: 50_000 },
  { kind: 'heartbeat', status: null },
  {
    kind: 'deploy',
    ...attempt,
    artifactId: 'abc',
    slots: [
      { ...attempt, slot: 0, subtasks: [] },
      { ...attempt, slot: 1, parameters: { p: 'täxt' } },
    ],
    peers: [{ resourceId: 'tm-2', dataAddress: 'host:2' }],
  },
  { kind: 'request', slot: 1, request: { ...attempt, type: 'cancel' } },
  { kind: 'release', request: 1, ...attempt, slot: 1, force: true },
];

test('control messages are what control.proto says, read and written', () => {
  for (const message of fromTaskManager) {
    const bytes = encodeTaskManagerMessage(9, message);
    assert.equal(decodeTaskManagerMessage(bytes), { fencingToken: 9, message });
    assert.equal(decodeTaskManagerMessage(reencoded('TaskManagerMessage', bytes)), {
      fencingToken: 9,
      message,
    });
  }
  for (const message of fromJobManager) {
    const bytes = encodeJobManagerMessage(9, message);
    assert.equal(decodeJobManagerMessage(bytes), { fencingToken: 9, message });
    assert.equal(decodeJobManagerMessage(reencoded('JobManagerMessage', bytes)), {
      fencingToken: 9,
      message,
    });
  }
});

test('values come back as a structured clone would give them', () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: false,
  });
  fc.assert(
    fc.property(anything, value => {
      assert.equal(decodeValue(encodeValue(value)), structuredClone(value));
      assert.equal(decodeValue(reencoded('Value', encodeValue(value))), structuredClone(value));
    }),
    { seed: 1, numRuns: 500 },
  );
  for (const text of ['\ud800', 'a\udc00b', 'ÿ✓', '']) assert.is(decodeValue(encodeValue(text)), text);
  assert.ok(Object.is(decodeValue(encodeValue(-0)), -0));
  const hostile = decodeValue(encodeValue(JSON.parse('{"__proto__":{"polluted":1}}')));
  assert.is((hostile as { polluted?: unknown }).polluted, undefined);
  assert.throws(() => encodeValue({ f: () => 1 }), /a function cannot be sent to another process/);
  const self: unknown[] = [];
  self.push(self);
  assert.throws(() => encodeValue(self), /nested more than 200 deep, or contains itself/);
});

test('whatever bytes come: a message or a CodecError, nothing else', () => {
  const valid = [
    ...fromTaskManager.map(message => encodeTaskManagerMessage(1, message)),
    ...fromJobManager.map(message => encodeJobManagerMessage(1, message)),
    encodeValue({ a: [1, 'x', new Map([[1n, new Set([null])]])] }),
  ];
  const damaged = fc
    .tuple(
      fc.constantFrom(...valid),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }),
      fc.nat(),
      fc.boolean(),
    )
    .map(([bytes, changes, at, cut]) => {
      const copy = Uint8Array.from(bytes);
      for (const [position, value] of changes) if (copy.length > 0) copy[position % copy.length] = value;
      return cut ? copy.subarray(0, at % (copy.length + 1)) : copy;
    });
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 80 })), bytes => {
      for (const decode of [decodeTaskManagerMessage, decodeJobManagerMessage, decodeValue])
        try {
          decode(bytes);
        } catch (error) {
          assert.instance(error, CodecError);
        }
    }),
    { seed: 2, numRuns: 5000 },
  );
});

test('what is missing is said', () => {
  const registration = fromTaskManager[0] as Extract<TaskManagerMessage, { kind: 'registration' }>;
  const refused = (message: TaskManagerMessage, reason: RegExp): void =>
    assert.throws(() => decodeTaskManagerMessage(encodeTaskManagerMessage(1, message)), reason);
  refused({ ...registration, resourceId: '' }, /Registration without resourceId/);
  refused({ ...registration, slots: 0 }, /Registration without slots/);
  refused(
    { kind: 'report', slot: 1, report: { jobId: 'job', slot: 1, type: 'x' } },
    /SlotReport without job and attempt/,
  );
  refused({ kind: 'report', slot: 1, report: { ...attempt, slot: 2, type: 'x' } }, /without type or slot/);
  refused({ kind: 'lost', jobId: '', attempt: 1, slot: 0, fault: {} }, /SlotLost without jobId/);
  const bytes = encodeJobManagerMessage(0, fromJobManager[0]!);
  assert.throws(() => decodeJobManagerMessage(bytes), /without fencing_token/);
  const empty: JobManagerMessage = { kind: 'deploy', ...attempt, artifactId: 'a', slots: [], peers: [] };
  assert.throws(() => decodeJobManagerMessage(encodeJobManagerMessage(1, empty)), /Deploy without slots/);
});

test.run();
