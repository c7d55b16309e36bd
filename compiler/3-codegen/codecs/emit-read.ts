/** Expressions that read a value of a schema, with the statements they need before them. */
import type { Schema, UnionCase } from '../../../plugins/api/schema.js';
import { unreachable } from '../../ir/span.js';
import { access, propertyKey } from '../names.js';
import { literal, type Emitter } from './emitter.js';
import { minimumSize } from '../../../runtime/contract/minimum-size.js';
import { encodingOf, type FieldEncoding } from '../../../runtime/contract/presence.js';

type Of<K extends Schema['kind']> = Extract<Schema, { readonly kind: K }>;

/** The result must be used once, before anything else is read. */
export function emitRead(e: Emitter, schema: Schema, hint: string, path: string): string {
  switch (schema.kind) {
    case 'bool':
      return 'input.u8() !== 0';
    case 'string':
      return 'input.string()';
    case 'bytes':
      return 'input.bytesValue()';
    case 'int32':
      return 'input.i32()';
    case 'int64':
      return 'input.i64()';
    case 'float32':
      return 'input.f32()';
    case 'float64':
    case 'timestamp':
      return 'input.f64()';
    case 'date':
      return 'new Date(input.f64())';
    case 'bigint':
    case 'decimal':
      return 'input.bigint()';
    case 'json':
      return 'readJson(input)';
    case 'null':
      return 'null';
    case 'undefined':
      return 'undefined';
    case 'enum':
      return readEnum(e, schema, path);
    case 'nullable':
      return readNullable(e, schema, hint, path);
    case 'struct':
      return readStruct(e, schema, hint, path);
    case 'list':
      return readItems(e, hint, minimumSize(schema.of), {
        make: count => `new Array(${count})`,
        readItem: (list, i) => e.line(`${list}[${i}] = ${emitRead(e, schema.of, 'item', `${path}[]`)};`),
      });
    case 'set':
      return readItems(e, hint, minimumSize(schema.of), {
        make: () => 'new Set()',
        readItem: set => e.line(`${set}.add(${emitRead(e, schema.of, 'item', `${path}[]`)});`),
      });
    case 'map':
      return readItems(e, hint, minimumSize(schema.key) + minimumSize(schema.value), {
        make: () => 'new Map()',
        readItem: map => {
          const key = e.declare('key', emitRead(e, schema.key, 'key', `${path}.<key>`));
          e.line(`${map}.set(${key}, ${emitRead(e, schema.value, 'item', `${path}.<value>`)});`);
        },
      });
    case 'record':
      return readItems(e, hint, 1 + minimumSize(schema.value), {
        make: () => '{}',
        readItem: record => {
          const key = e.declare('key', 'input.string()');
          const item = e.declare('item', emitRead(e, schema.value, 'item', `${path}.<value>`));
          e.line(`if (${key} === '__proto__') ownProperty(${record}, ${key}, ${item});`);
          e.line(`else ${record}[${key}] = ${item};`);
        },
      });
    case 'tuple':
      return readTuple(e, schema, hint, path);
    case 'union':
      return readUnion(e, schema, hint, path);
    case 'recursive':
      return `${e.scope.functions(schema, e.recursive, path).read}(input, ${e.depth})`;
    case 'ref':
      return `${e.functionsOf(schema.id).read}(input, ${e.depth})`;
    default:
      return unreachable(schema);
  }
}

interface ItemReads {
  /** The empty collection, for so many items. */
  readonly make: (count: string) => string;
  readonly readItem: (collection: string, i: string) => void;
}
/** `minimum`: bytes of an item. */
function readItems(e: Emitter, hint: string, minimum: number, { make, readItem }: ItemReads): string {
  const count = declareCount(e, minimum);
  const collection = e.declare(hint, make(count));
  forEachItem(e, count, minimum, i => readItem(collection, i));
  return collection;
}
/** Items that take no bytes are padded to one, so that the bytes that are there bound their number. */
function declareCount(e: Emitter, minimum: number): string {
  return e.declare('count', `input.count(${Math.max(minimum, 1)})`);
}
function forEachItem(e: Emitter, count: string, minimum: number, readItem: (i: string) => void): void {
  const i = e.names.fresh('i');
  e.block(`for (let ${i} = 0; ${i} < ${count}; ${i}++)`, () => {
    readItem(i);
    if (minimum === 0) e.line('input.u8();');
  });
}

function readEnum(e: Emitter, schema: Of<'enum'>, path: string): string {
  const { values } = schema;
  if (values.length === 1) return literal(values[0]!);
  const index = e.declare('index', values.length <= 256 ? 'input.u8()' : 'input.varint()');
  e.line(
    `if (${index} >= ${values.length}) throw badIndex(${JSON.stringify(path)}, ${index}, input.position);`,
  );
  return `${e.scope.enumTable(values)}[${index}]`;
}

function readNullable(e: Emitter, schema: Of<'nullable'>, hint: string, path: string): string {
  const presence = e.declare('presence', 'input.u8()');
  const result = e.names.fresh(hint);
  e.line(`let ${result}${schema.null && !schema.undefined ? ' = null' : ''};`);
  e.block(`if (${presence} === 1)`, () => e.line(`${result} = ${emitRead(e, schema.of, hint, path)};`));
  if (schema.null && schema.undefined) e.line(`else if (${presence} === 2) ${result} = null;`);
  e.line(`else if (${presence} !== 0) throw badIndex(${JSON.stringify(path)}, ${presence}, input.position);`);
  return result;
}

function readStruct(e: Emitter, schema: Of<'struct'>, hint: string, path: string): string {
  const { classRef } = schema;
  const encoding = encodingOf(schema.fields);
  const bytes = Array.from({ length: encoding.bytes }, () => e.declare('bits', 'input.u8()'));
  const entries: string[] = [];
  const locals: string[] = [];
  const absent: (ReadField & { readonly encoding: Presence })[] = [];
  schema.fields.forEach((field, i) => {
    const fieldEncoding = encoding.fields[i]!;
    const code = readField(e, fieldEncoding, field.schema, field.name, `${path}.${field.name}`, bytes);
    // An expression without a name would be evaluated in the literal, after the fields below it were read.
    const local =
      isConstant(field.schema) && fieldEncoding.kind === 'plain' ? code : nameOf(e, field.name, code);
    locals.push(local);
    if (fieldEncoding.kind === 'presence' && fieldEncoding.none === 'absent') {
      absent.push({ name: field.name, local, encoding: fieldEncoding });
    } else {
      entries.push(
        local === field.name && field.name !== '__proto__' ? local : `${propertyKey(field.name)}: ${local}`,
      );
    }
  });
  const plain = entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
  if (classRef && !classRef.convert) return readInstance(e, schema, locals, hint, bytes, encoding.fields);
  const make = (object: string): string =>
    classRef ? `${e.scope.className(classRef)}.fromRecord(${object})` : object;
  if (absent.length === 0) return make(plain);
  const object = e.declare(hint, plain);
  for (const field of absent) assignIfPresent(e, object, field, bytes);
  return make(object);
}

/** The constructor is not run: it was, when the value was first made. */
function readInstance(
  e: Emitter,
  schema: Of<'struct'>,
  locals: readonly string[],
  hint: string,
  bytes: readonly string[],
  encodings: readonly FieldEncoding[],
): string {
  const object = e.declare(hint, `Object.create(${e.scope.className(schema.classRef!)}.prototype)`);
  schema.fields.forEach(({ name }, i) => {
    const encoding = encodings[i]!;
    const field = { name, local: locals[i]! };
    if (encoding.kind === 'presence' && encoding.none === 'absent') {
      assignIfPresent(e, object, { ...field, encoding }, bytes);
    } else e.line(`${assignment(object, field)};`);
  });
  return object;
}

interface ReadField {
  readonly name: string;
  readonly local: string;
}
function assignment(object: string, { name, local }: ReadField): string {
  if (name === '__proto__') return `ownProperty(${object}, '__proto__', ${local})`;
  return `${object}${access(name)} = ${local}`;
}
function assignIfPresent(
  e: Emitter,
  object: string,
  field: ReadField & { readonly encoding: Presence },
  bytes: readonly string[],
): void {
  const { byte, bits, shift } = field.encoding;
  const mask = ((1 << bits) - 1) << shift;
  e.line(`if ((${bytes[byte]!} & ${mask}) !== 0) ${assignment(object, field)};`);
}

type Presence = Extract<FieldEncoding, { readonly kind: 'presence' }>;

function readField(
  e: Emitter,
  encoding: FieldEncoding,
  schema: Schema,
  name: string,
  path: string,
  bytes: readonly string[],
): string {
  if (encoding.kind === 'plain') return emitRead(e, schema, name, path);
  const byte = bytes[encoding.byte]!;
  if (encoding.kind === 'bool') return `(${byte} & ${1 << encoding.shift}) !== 0`;
  const mask = ((1 << encoding.bits) - 1) << encoding.shift;
  const result = e.names.fresh(name);
  e.line(`let ${result}${encoding.none === 'null' ? ' = null' : ''};`);
  e.block(`if ((${byte} & ${mask}) === ${1 << encoding.shift})`, () => {
    e.line(`${result} = ${emitRead(e, encoding.of, name, path)};`);
  });
  if (encoding.orNull) e.line(`else if ((${byte} & ${mask}) !== 0) ${result} = null;`);
  return result;
}

function readTuple(e: Emitter, schema: Of<'tuple'>, hint: string, path: string): string {
  const items = schema.items.map((item, i) => {
    const code = emitRead(e, item, `item${i}`, `${path}[${i}]`);
    return isConstant(item) ? code : nameOf(e, `item${i}`, code);
  });
  const { rest } = schema;
  if (!rest) return `[${items.join(', ')}]`;
  const tuple = e.declare(hint, `[${items.join(', ')}]`);
  const minimum = minimumSize(rest);
  forEachItem(e, declareCount(e, minimum), minimum, () =>
    e.line(`${tuple}.push(${emitRead(e, rest, 'item', `${path}[]`)});`),
  );
  return tuple;
}

function readUnion(e: Emitter, schema: Of<'union'>, hint: string, path: string): string {
  const index = e.declare('member', 'input.u8()');
  const result = e.names.fresh(hint);
  e.line(`let ${result};`);
  e.block(`switch (${index})`, () => {
    schema.cases.forEach((c: UnionCase, i) => {
      e.block(`case ${i}:`, () => {
        e.line(`${result} = ${emitRead(e, c.schema, hint, path)};`);
        e.line('break;');
      });
    });
    e.line(`default: throw badIndex(${JSON.stringify(path)}, ${index}, input.position);`);
  });
  return result;
}

/** Reads nothing, so it may stand anywhere. */
function isConstant(schema: Schema): boolean {
  return (
    schema.kind === 'null' ||
    schema.kind === 'undefined' ||
    (schema.kind === 'enum' && schema.values.length === 1)
  );
}
/** A local for the expression, unless it is one already. */
function nameOf(e: Emitter, hint: string, code: string): string {
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(code) ? code : e.declare(hint, code);
}
