import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CodecSet } from '../../compiler/3-codegen/codecs/index.js';
import { Names } from '../../compiler/3-codegen/names.js';
import type { Schema, StructField } from '../../plugins/api/schema.js';
import { CodecError, maxNesting } from '../../runtime/contract/index.js';
import { compileCodec, decode, encode, evaluate } from './compile-codec.js';

const field = (name: string, schema: Schema, optional = false): StructField => ({ name, schema, optional });
const struct = (...fields: readonly StructField[]): Schema => ({ kind: 'struct', fields });
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const int32: Schema = { kind: 'int32' };
const text: Schema = { kind: 'string' };

function failure(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof CodecError, String(error));
    return error.message;
  }
  throw new Error('nothing was thrown');
}

// Bytes that state and other processes may hold: they change only together with the format's version.
const golden: readonly (readonly [name: string, schema: Schema, value: unknown, bytes: string])[] = [
  [
    'a struct: bits of optional, nullable and boolean fields first, then the values by name',
    struct(
      field('amount', { kind: 'float64' }),
      field('note', text, true),
      field('ok', { kind: 'bool' }),
      field('qty', { kind: 'nullable', of: int32, null: true, undefined: true }),
    ),
    { amount: 1.5, note: 'hé', ok: true, qty: null },
    '0b' + '000000000000f83f' + '0668c3a9',
  ],
  ['an absent field', struct(field('a', text, true), field('b', int32)), { b: -2 }, '00' + 'feffffff'],
  ['a list', { kind: 'list', of: text }, ['a', '', 'bc'], '03' + '0261' + '00' + '046263'],
  ['a set of values without bytes', { kind: 'set', of: { kind: 'null' } }, new Set([null]), '0100'],
  ['a map', { kind: 'map', key: text, value: { kind: 'bool' } }, new Map([['k', true]]), '01026b01'],
  ['an enum: index in canonical order', { kind: 'enum', values: ['buy', 'sell'] }, 'sell', '01'],
  ['a small bigint: varint of twice the zig-zag', { kind: 'bigint' }, -3n, '0a'],
  [
    'a large bigint: length and zig-zag, little endian',
    { kind: 'bigint' },
    2n ** 64n,
    '13' + '000000000000000002',
  ],
  ['a decimal', { kind: 'decimal', precision: 10, scale: 2 }, 1234n, 'c826'],
  ['a timestamp', { kind: 'timestamp' }, 1000, '0000000000408f40'],
  ['a string that is not well formed: UTF-16', text, '\ud800', '0300d8'],
  [
    'a union by tag: index of the case, then its struct',
    {
      kind: 'union',
      by: { kind: 'tag', field: 'kind' },
      cases: [
        { tag: 'a', schema: struct(field('kind', { kind: 'enum', values: ['a'] }), field('n', int32)) },
        { tag: 'b', schema: struct(field('kind', { kind: 'enum', values: ['b'] })) },
      ],
    },
    { kind: 'a', n: 7 },
    '00' + '07000000',
  ],
];
for (const [name, schema, value, bytes] of golden) {
  test(`bytes of ${name}`, () => {
    const codec = compileCodec(schema);
    assert.is(hex(encode(codec, value)), bytes);
    assert.equal(decode(codec, Buffer.from(bytes, 'hex')), value);
  });
}

test('an absent optional field is absent again, not undefined', () => {
  const codec = compileCodec(
    struct(field('a', text, true), field('b', { kind: 'nullable', of: text, null: false, undefined: true })),
  );
  assert.equal(Object.keys(decode(codec, encode(codec, { b: undefined })) as object), ['b']);
  assert.equal(Object.keys(decode(codec, encode(codec, { a: undefined, b: 'x' })) as object), ['b']);
});

test('values that do not fit are refused with the path of the field', () => {
  const order = compileCodec(struct(field('items', { kind: 'list', of: struct(field('qty', int32)) })));
  const write = (qty: unknown) => () => encode(order, { items: [{ qty: 1 }, { qty }] });
  assert.is(failure(write(1.5)), 'record.items[].qty is 1.5, but its type is Int32');
  assert.is(failure(write(2 ** 31)), 'record.items[].qty is 2147483648, but its type is Int32');
  assert.is(failure(write(NaN)), 'record.items[].qty is NaN, but its type is Int32');
  assert.is(failure(write('7')), "record.items[].qty is '7', but its type is Int32");
  assert.is(
    failure(() => encode(compileCodec({ kind: 'int64' }), 2n ** 63n)),
    'record is 9223372036854775808n, but its type is Int64',
  );
  const price = compileCodec({ kind: 'decimal', precision: 4, scale: 2 });
  assert.is(decode(price, encode(price, -9999n)), -9999n);
  assert.is(
    failure(() => encode(price, 10000n)),
    'record is 10000n, but its type is Decimal<4, 2>',
  );
  assert.is(
    failure(() => encode(price, -10000n)),
    'record is -10000n, but its type is Decimal<4, 2>',
  );
  assert.is(
    failure(() => encode(price, 1.5)),
    'record is 1.5, but its type is Decimal<4, 2>',
  );
  const side = compileCodec(struct(field('side', { kind: 'enum', values: ['buy', 'sell'] })));
  assert.is(
    failure(() => encode(side, { side: 'hold' })),
    `record.side is 'hold', but its type is "buy" | "sell"`,
  );
  const event = compileCodec(
    struct(
      field('at', { kind: 'date' }),
      field('n', { kind: 'float64' }),
      field('user', text),
      field('z', { kind: 'list', of: text }),
    ),
  );
  const good = { at: new Date(0), n: 1, user: 'a', z: [] };
  assert.is(
    failure(() => encode(event, { ...good, user: null })),
    'record.user is null, but its type is string',
  );
  assert.is(
    failure(() => encode(event, { ...good, n: '1' })),
    "record.n is '1', but its type is number",
  );
  assert.is(
    failure(() => encode(event, { ...good, at: 0 })),
    'record.at is 0, but its type is Date',
  );
  assert.is(
    failure(() => encode(event, { ...good, z: undefined })),
    'record.z is undefined, but its type is array',
  );
  assert.is(
    failure(() => encode(event, undefined)),
    'record is undefined, but its type is object',
  );
  const either: Schema = {
    kind: 'union',
    by: { kind: 'typeof' },
    cases: [
      { tag: 'number', schema: { kind: 'float64' } },
      { tag: 'string', schema: text },
    ],
  };
  assert.is(
    failure(() => encode(compileCodec(either), null)),
    'record is null, but its type is number | string',
  );
});

const chain: Schema = {
  kind: 'recursive',
  id: 'r0',
  of: struct(field('next', { kind: 'ref', id: 'r0' }, true)),
};
interface Chain {
  next?: Chain;
}

test('recursive values may nest so deep and no deeper', () => {
  const codec = compileCodec(chain);
  const nested = (depth: number): Chain => {
    let value: Chain = {};
    for (let i = 0; i < depth; i++) value = { next: value };
    return value;
  };
  assert.equal(decode(codec, encode(codec, nested(maxNesting))), nested(maxNesting));
  assert.match(
    failure(() => encode(codec, nested(maxNesting + 1))),
    'nests deeper than 1000 levels',
  );
  const cyclic: Chain = {};
  cyclic.next = cyclic;
  assert.match(
    failure(() => encode(codec, cyclic)),
    'contains itself',
  );
});

test('hostile bytes: endless nesting and huge counts end in an error at once', () => {
  assert.match(
    failure(() => decode(compileCodec(chain), new Uint8Array(100_000).fill(1))),
    'nests deeper',
  );
  const huge = Buffer.from('ffffffffffff0f', 'hex');
  const collections: readonly Schema[] = [
    { kind: 'list', of: { kind: 'null' } },
    { kind: 'list', of: struct() },
    { kind: 'set', of: { kind: 'enum', values: ['one'] } },
    { kind: 'map', key: { kind: 'undefined' }, value: { kind: 'null' } },
    { kind: 'record', value: { kind: 'null' } },
    { kind: 'tuple', items: [], rest: { kind: 'tuple', items: [] } },
    { kind: 'recursive', id: 'r0', of: { kind: 'list', of: { kind: 'ref', id: 'r0' } } },
  ];
  for (const schema of collections) failure(() => decode(compileCodec(schema), huge));
  failure(() => decode(compileCodec({ kind: 'json' }), encode(compileCodec(text), '{"a":')));
  failure(() => decode(compileCodec({ kind: 'enum', values: ['a', 'b'] }), Buffer.from('02', 'hex')));
});

test('class instances get their prototype, the constructor is not run', () => {
  let made = 0;
  class Money {
    readonly amount: number;
    constructor(amount: number) {
      made++;
      this.amount = amount;
    }
    doubled(): number {
      return this.amount * 2;
    }
  }
  const classRef = { module: 'main.ts', exportName: 'Money' };
  const schema: Schema = { kind: 'struct', fields: [field('amount', { kind: 'float64' })], classRef };
  const codec = compileCodec({ kind: 'list', of: schema }, { Money });
  const [copy] = decode(codec, encode(codec, [new Money(3)])) as Money[];
  assert.instance(copy, Money);
  assert.is(copy!.doubled(), 6);
  assert.is(made, 1);
});

test('classes with #private fields convert themselves', () => {
  class Secret {
    readonly #value: string;
    constructor(value: string) {
      this.#value = value;
    }
    toRecord(): { value: string; note?: string } {
      return { value: this.#value };
    }
    static fromRecord(record: { value: string }): Secret {
      return new Secret(record.value);
    }
  }
  const classRef = { module: 'main.ts', exportName: 'Secret', convert: true } as const;
  const codec = compileCodec(
    { kind: 'struct', fields: [field('note', text, true), field('value', text)], classRef },
    { Secret },
  );
  assert.equal((decode(codec, encode(codec, new Secret('x'))) as Secret).toRecord(), { value: 'x' });
});

test('a module has one codec per schema, and one per class', () => {
  const codecs = new CodecSet({ names: new Names(null, new Set()), className: ref => ref.exportName });
  const plain = struct(field('a', int32));
  const ofClass = (exportName: string): Schema => ({
    kind: 'struct',
    fields: [field('a', int32)],
    classRef: { module: 'm.ts', exportName },
  });
  const first = codecs.use(plain, 'order');
  assert.is(codecs.use({ kind: 'struct', name: 'Other', fields: [field('a', int32)] }, 'other'), first);
  const second = codecs.use(ofClass('A'), 'order');
  const third = codecs.use(ofClass('B'), 'order');
  assert.is(new Set([first, second, third]).size, 3);
  class A {}
  class B {}
  const made = evaluate(codecs.code, `[${first}, ${second}, ${third}]`, { A, B }) as {
    readonly fingerprint: string;
  }[];
  assert.is(new Set(made.map(codec => codec.fingerprint)).size, 1); // the same bytes
});

test('field names that mean something to JavaScript or to the codec itself', () => {
  const names = [
    'out',
    'input',
    'value',
    'depth',
    'class',
    'await',
    'constructor',
    'unit price',
    "it's",
    '0',
    'ByteReader',
  ];
  const schema = struct(...names.map((name, i) => field(name, i % 2 === 0 ? int32 : text, i % 3 === 0)));
  const codec = compileCodec(schema);
  const value = Object.fromEntries(names.map((name, i) => [name, i % 2 === 0 ? i : name]));
  assert.equal(decode(codec, encode(codec, value)), value);
});

test.run();
