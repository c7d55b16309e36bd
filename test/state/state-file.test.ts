/** The canonical state file (docs/checkpoint-format.md): what is written is read; what is damaged is named. */
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { gzipSync } from 'node:zlib';
import type { KeyedSection, OperatorSection, SectionSchema } from '../../runtime/contract/state.js';
import { crc32, crc32ByTable, crc32Combine } from '../../runtime/state/format/crc32.js';
import type { StateFileHeader } from '../../runtime/state/format/layout.js';
import {
  readKeyedSections,
  readOperatorSections,
  writeKeyedSections,
  writeOperatorSections,
} from '../../runtime/state/format/sections.js';
import { StateFileReader } from '../../runtime/state/format/state-file-reader.js';
import { StateFileWriter } from '../../runtime/state/format/state-file-writer.js';

const header: StateFileHeader = {
  jobId: 'a'.repeat(32),
  checkpointId: 7,
  uid: 'count',
  uidHash: 'b'.repeat(32),
  subtask: 1,
  parallelism: 2,
  maxParallelism: 128,
};

async function written(
  keyed: ReadonlyMap<string, KeyedSection>,
  operator: ReadonlyMap<string, OperatorSection> = new Map(),
): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  const writer = await StateFileWriter.begin(
    { write: async piece => void pieces.push(piece.slice()) },
    header,
  );
  await writeKeyedSections(writer, keyed);
  await writeOperatorSections(writer, operator);
  await writer.finish();
  return Buffer.concat(pieces);
}

/** Counts what is read: ranges must stay ranges. */
class Source {
  readonly name = 'chk-7/count-1';
  read = async (start: number, end: number): Promise<Uint8Array> => {
    if (start < 0 || end > this.bytes.length || end < start)
      throw new Error(`read beyond the end: ${start} ${end}`);
    this.fetched += end - start;
    return Uint8Array.prototype.slice.call(this.bytes, start, end);
  };
  fetched = 0;
  constructor(readonly bytes: Uint8Array) {}
  get length(): number {
    return this.bytes.length;
  }
}

async function readAll(bytes: Uint8Array): Promise<{
  keyed: Map<string, KeyedSection>;
  operator: Map<string, OperatorSection>;
}> {
  const file = await StateFileReader.open(new Source(bytes));
  return {
    keyed: await readKeyedSections(file, { start: 0, end: 32767 }),
    operator: await readOperatorSections(file),
  };
}

const chunk = fc.uint8Array({ maxLength: 300 });
const name = fc.string({ minLength: 1, maxLength: 12 });
const schema: SectionSchema = {
  key: 'string',
  namespace: null,
  mapKey: null,
  value: 'float64',
  times: false,
  layout: '',
};
const schemas = fc.record({
  key: fc.option(fc.string()),
  namespace: fc.option(fc.string()),
  mapKey: fc.option(fc.string()),
  value: fc.string(),
  times: fc.boolean(),
  layout: fc.string(),
});
const keyedSections = fc.dictionary(
  name,
  fc.record({
    kind: fc.constantFrom('value', 'list', 'map', 'timer') as fc.Arbitrary<KeyedSection['kind']>,
    schema: schemas,
    keyGroups: fc.array(
      fc.tuple(fc.integer({ min: 0, max: 127 }), fc.array(chunk, { minLength: 1, maxLength: 3 })),
      {
        maxLength: 5,
      },
    ),
  }),
  { maxKeys: 4 },
);
const operatorSections = fc.dictionary(
  name,
  fc.record({
    mode: fc.constantFrom('split', 'union', 'broadcast') as fc.Arbitrary<OperatorSection['mode']>,
    schema: schemas,
    elements: fc.array(chunk, { maxLength: 5 }),
  }),
  { maxKeys: 3 },
);

const asMaps = (
  keyed: Record<string, Omit<KeyedSection, 'keyGroups'> & { keyGroups: (readonly [number, Uint8Array[]])[] }>,
): Map<string, KeyedSection> =>
  new Map(
    Object.entries(keyed)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, section]) => [
        name,
        { ...section, keyGroups: new Map([...new Map(section.keyGroups)].sort(([a], [b]) => a - b)) },
      ]),
  );

test('state of any shape comes back as it was written', async () => {
  await fc.assert(
    fc.asyncProperty(keyedSections, operatorSections, async (keyed, operator) => {
      const sections = asMaps(keyed);
      const elements = new Map(Object.entries(operator).sort(([a], [b]) => (a < b ? -1 : 1)));
      const bytes = await written(sections, elements);
      const read = await readAll(bytes);
      assert.equal(plain([...read.keyed]), plain([...sections]));
      assert.equal(plain([...read.operator]), plain([...elements]));
      assert.equal(Buffer.compare(await written(sections, elements), bytes), 0, 'same state, same bytes');
    }),
    { numRuns: 150 },
  );
});

const big = new Map<string, KeyedSection>([
  [
    'big',
    {
      kind: 'value',
      schema,
      keyGroups: new Map(
        Array.from({ length: 64 }, (_, group) => [
          group,
          Array.from({ length: 8 }, (_, i) => new Uint8Array(60_000).fill(group + i)),
        ]),
      ),
    },
  ],
  [
    'huge entry',
    {
      kind: 'list',
      schema,
      keyGroups: new Map([[3, [new Uint8Array(5_000_000).fill(3)]]]),
    },
  ],
]);

test('one key group is a range of the file, and memory holds a piece at a time', async () => {
  const source = new Source(await written(big));
  const file = await StateFileReader.open(source);
  assert.ok(source.length > 30_000_000);
  assert.equal(file.keyGroupsOf(0).length, 64);
  source.fetched = 0;
  let bytes = 0;
  for await (const { keyGroup, entries } of file.blocks(0, 17, 17)) {
    assert.is(keyGroup, 17);
    bytes += entries.length;
  }
  assert.is(bytes, 480_000);
  assert.ok(source.fetched < 600_000, `${source.fetched} bytes fetched for one key group`);
  const huge = await readKeyedSections(file, { start: 3, end: 3 });
  assert.is(huge.get('huge entry')!.keyGroups.get(3)![0]!.length, 5_000_000);
});

test('FC5504: every single flipped bit is found and the file is named', async () => {
  const bytes = await written(
    asMaps({
      a: { kind: 'value', schema, keyGroups: [[1, [Uint8Array.of(1, 2, 3)]]] },
      b: {
        kind: 'timer',
        schema,
        keyGroups: [
          [1, [Uint8Array.of(4)]],
          [2, [Uint8Array.of(5)]],
        ],
      },
    }),
    new Map([['o', { mode: 'split', schema, elements: [Uint8Array.of(9)] }]]),
  );
  for (let at = 0; at < bytes.length; at++)
    for (let bit = 0; bit < 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 1 << bit;
      await isDamaged(() => readAll(flipped), `byte ${at} bit ${bit}`);
    }
});

test('FC5504: every truncation, and anything appended, is found', async () => {
  const bytes = await written(
    asMaps({
      a: { kind: 'value', schema, keyGroups: [[1, [Uint8Array.of(1, 2, 3)]]] },
    }),
  );
  for (let length = 0; length < bytes.length; length++)
    await isDamaged(() => readAll(bytes.subarray(0, length)), `${length} bytes`);
  await isDamaged(() => readAll(Buffer.concat([bytes, Uint8Array.of(0)])), 'one more byte');
  await isDamaged(() => readAll(Buffer.concat([bytes, bytes])), 'twice');
});

test('FC5504: random bytes and spliced files end in an error, quickly', async () => {
  const bytes = await written(
    asMaps({ a: { kind: 'value', schema, keyGroups: [[1, [new Uint8Array(500)]]] } }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 400 }),
      fc.nat(bytes.length),
      fc.nat(400),
      async (noise, at, cut) => {
        const spliced = Buffer.concat([
          bytes.subarray(0, at),
          noise,
          bytes.subarray(Math.min(bytes.length, at + cut)),
        ]);
        if (Buffer.compare(spliced, bytes) === 0) return;
        await isDamaged(() => readAll(spliced), 'spliced');
        await isDamaged(() => readAll(noise), 'noise');
      },
    ),
    { numRuns: 300 },
  );
});

test('FC5504: blocks in each other’s place are found', async () => {
  const group = (n: number): [number, Uint8Array[]] => [n, [Uint8Array.of(n, n, n)]];
  const bytes = await written(asMaps({ a: { kind: 'value', schema, keyGroups: [group(1), group(2)] } }));
  const first = bytes.indexOf(Uint8Array.of(1, 1, 1)) - 16;
  const swapped = Buffer.from(bytes);
  bytes.copy(swapped, first, first + 19, first + 38);
  bytes.copy(swapped, first + 19, first, first + 19);
  await isDamaged(() => readAll(swapped), 'swapped');
});

test('FC5504: a file of a newer format says so', async () => {
  const bytes = await written(new Map());
  bytes.writeUInt32LE(2, 8);
  try {
    await readAll(bytes);
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /format version is 2, this flinkc reads up to 1/);
  }
});

test('the checksum is the CRC-32 of gzip, with and without Node’s own, at once and from parts', () => {
  const text = Buffer.from('The quick brown fox jumps over the lazy dog');
  assert.is(crc32(text), 0x414fa339);
  assert.is(crc32ByTable(text), 0x414fa339);
  assert.is(crc32(text.subarray(10), crc32(text.subarray(0, 10))), 0x414fa339);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), fc.nat(2000), (bytes, cut) => {
      const gzip = gzipSync(bytes);
      assert.is(crc32ByTable(bytes), gzip.readUInt32LE(gzip.length - 8));
      const [first, second] = [bytes.subarray(0, cut), bytes.subarray(cut)];
      assert.is(crc32ByTable(second, crc32ByTable(first)), crc32(bytes));
      assert.is(crc32Combine(crc32(first), crc32(second), second.length), crc32(bytes));
    }),
  );
});

async function isDamaged(read: () => Promise<unknown>, what: string): Promise<void> {
  try {
    await read();
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    assert.is(code, 'FC5504', `${what}: ${String(error)}`);
    assert.match(message, "'chk-7/count-1'");
    return;
  }
  assert.unreachable(`${what} was not noticed`);
}

/** Maps and byte arrays as plain data, for a readable difference. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value instanceof Map) return [...value].map(plain);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, inner]) => [key, plain(inner)]),
    );
  return value;
}

test.run();
