/** Statements that write a value of a schema. */
import type { Schema, StructField, UnionCase } from '../../../plugins/api/schema.js';
import { schemaText } from '../../../plugins/api/schema-text.js';
import { unreachable } from '../../ir/span.js';
import { access } from '../names.js';
import { literal, type Emitter } from './emitter.js';
import { minimumSize } from '../../../runtime/contract/minimum-size.js';
import { encodingOf, type FieldEncoding } from '../../../runtime/contract/presence.js';

type Of<K extends Schema['kind']> = Extract<Schema, { readonly kind: K }>;

/**
 * @param value an identifier or a property access on one; evaluated more than once
 * @param path the value as messages call it
 */
export function emitWrite(e: Emitter, schema: Schema, value: string, path: string): void {
  // Types are not checked at run time anywhere else: what a cast or JSON.parse let through would become NaN here, or
  // an error that names neither field nor value.
  const wrong = misfitTest(schema, value);
  if (wrong !== null) e.line(`if (${wrong.test}) throw ${misfit(path, wrong.wanted, value)};`);
  switch (schema.kind) {
    case 'bool':
      return e.line(`out.u8(${value} ? 1 : 0);`);
    case 'string':
      return e.line(`out.string(${value});`);
    case 'bytes':
      return e.line(`out.bytesValue(${value});`);
    case 'float32':
      return e.line(`out.f32(${value});`);
    case 'float64':
    case 'timestamp':
      return e.line(`out.f64(${value});`);
    case 'date':
      return e.line(`out.f64(${value}.getTime());`);
    case 'bigint':
    case 'decimal':
      return e.line(`out.bigint(${value});`);
    case 'int32':
      return e.line(`out.i32(${value});`);
    case 'int64':
      return e.line(`out.i64(${value});`);
    case 'null':
    case 'undefined':
      return;
    case 'json': {
      const text = e.declare('json', `JSON.stringify(${value})`);
      e.line(`if (${text} === undefined) throw ${misfit(path, 'JSON', value)};`);
      return e.line(`out.string(${text});`);
    }
    case 'enum':
      return writeEnum(e, schema, value, path);
    case 'nullable':
      return writeNullable(e, schema, value, path);
    case 'struct':
      return writeStruct(e, schema, value, path);
    case 'list':
    case 'set': {
      e.line(`out.varint(${value}.${schema.kind === 'list' ? 'length' : 'size'});`);
      const item = e.names.fresh('item');
      return e.block(`for (const ${item} of ${value})`, () => writeItem(e, schema.of, item, `${path}[]`));
    }
    case 'map': {
      e.line(`out.varint(${value}.size);`);
      const key = e.names.fresh('key');
      const item = e.names.fresh('item');
      return e.block(`for (const [${key}, ${item}] of ${value})`, () => {
        emitWrite(e, schema.key, key, `${path}.<key>`);
        emitWrite(e, schema.value, item, `${path}.<value>`);
        pad(e, minimumSize(schema.key) + minimumSize(schema.value));
      });
    }
    case 'record': {
      const keys = e.declare('keys', `Object.keys(${value})`);
      e.line(`out.varint(${keys}.length);`);
      const key = e.names.fresh('key');
      return e.block(`for (const ${key} of ${keys})`, () => {
        e.line(`out.string(${key});`);
        const item = e.declare('item', `${value}[${key}]`);
        emitWrite(e, schema.value, item, `${path}.<value>`);
      });
    }
    case 'tuple':
      return writeTuple(e, schema, value, path);
    case 'union':
      return schema.by.kind === 'tag'
        ? writeTagged(e, schema, schema.by.field, value, path)
        : writeByTypeof(e, schema, value, path);
    case 'recursive':
      return e.line(`${e.scope.functions(schema, e.recursive, path).write}(out, ${value}, ${e.depth});`);
    case 'ref':
      return e.line(`${e.functionsOf(schema.id).write}(out, ${value}, ${e.depth});`);
    default:
      return unreachable(schema);
  }
}

interface MisfitTest {
  readonly test: string;
  readonly wanted: string;
}
function misfitTest(schema: Schema, value: string): MisfitTest | null {
  const not = (type: string): MisfitTest => ({ test: `typeof ${value} !== '${type}'`, wanted: type });
  const isNo = (type: string): MisfitTest => ({ test: `!(${value} instanceof ${type})`, wanted: type });
  switch (schema.kind) {
    case 'string':
      return not('string');
    case 'float64':
    case 'float32':
    case 'timestamp':
      return not('number');
    case 'bigint':
      return not('bigint');
    case 'decimal': {
      const { precision, scale } = schema;
      // sums and products may have outgrown the digits that their type promises
      const most = `${'9'.repeat(precision)}n`;
      return {
        test: `typeof ${value} !== 'bigint' || ${value} > ${most} || ${value} < -${most}`,
        wanted: `Decimal<${precision}, ${scale}>`,
      };
    }
    case 'int32':
      return { test: `(${value} | 0) !== ${value}`, wanted: 'Int32' };
    case 'int64':
      return {
        test: `typeof ${value} !== 'bigint' || BigInt.asIntN(64, ${value}) !== ${value}`,
        wanted: 'Int64',
      };
    case 'list':
    case 'tuple':
      return { test: `!Array.isArray(${value})`, wanted: schema.kind === 'list' ? 'array' : 'tuple' };
    case 'map':
      return isNo('Map');
    case 'set':
      return isNo('Set');
    case 'date':
      return isNo('Date');
    case 'bytes':
      return isNo('Uint8Array');
    case 'struct':
    case 'record':
      return { test: `typeof ${value} !== 'object' || ${value} === null`, wanted: 'object' };
    case 'union':
      return schema.by.kind === 'tag' ? misfitTest({ kind: 'struct', fields: [] }, value) : null;
    default:
      return null;
  }
}

function misfit(path: string, wanted: string, value: string): string {
  return `valueDoesNotFit(${JSON.stringify(path)}, ${JSON.stringify(wanted)}, ${value})`;
}

/** Elements that may take no bytes get one, so that the bytes that are there bound their number. */
function pad(e: Emitter, minimum: number): void {
  if (minimum === 0) e.line('out.u8(0);');
}
function writeItem(e: Emitter, schema: Schema, item: string, path: string): void {
  emitWrite(e, schema, item, path);
  pad(e, minimumSize(schema));
}

function writeEnum(e: Emitter, schema: Of<'enum'>, value: string, path: string): void {
  const { values } = schema;
  const wanted = values.map(v => literal(v)).join(' | ');
  if (values.length === 1) {
    return e.line(`if (${value} !== ${literal(values[0]!)}) throw ${misfit(path, wanted, value)};`);
  }
  const index = e.declare('index', `${e.scope.enumTable(values)}.indexOf(${value})`);
  e.line(`if (${index} < 0) throw ${misfit(path, wanted, value)};`);
  e.line(values.length <= 256 ? `out.u8(${index});` : `out.varint(${index});`);
}

function writeNullable(e: Emitter, schema: Of<'nullable'>, value: string, path: string): void {
  const tests = [
    ...(schema.undefined ? [`if (${value} === undefined) out.u8(0);`] : []),
    ...(schema.null ? [`if (${value} === null) out.u8(${schema.undefined ? 2 : 0});`] : []),
  ];
  tests.forEach((test, i) => e.line(i === 0 ? test : `else ${test}`));
  e.block('else', () => {
    e.line('out.u8(1);');
    emitWrite(e, schema.of, value, path);
  });
}

function writeStruct(e: Emitter, schema: Of<'struct'>, given: string, path: string): void {
  const value = schema.classRef?.convert ? e.declare('record', `${given}.toRecord()`) : given;
  const encoding = encodingOf(schema.fields);
  // A getter or a proxy must not give one value to the test and another to the encoding.
  const locals = schema.fields.map((field, i) => {
    const read = readProperty(value, field);
    return encoding.fields[i]!.kind === 'bool' ? read : e.declare(field.name, read);
  });
  const bits = writeBits(schema.fields, encoding.fields, locals);
  for (let byte = 0; byte < encoding.bytes; byte++) {
    e.line(
      `out.u8(${bits
        .filter(b => b.byte === byte)
        .map(b => b.code)
        .join(' | ')});`,
    );
  }
  schema.fields.forEach((field, i) => {
    const fieldEncoding = encoding.fields[i]!;
    const local = locals[i]!;
    const fieldPath = `${path}.${field.name}`;
    if (fieldEncoding.kind === 'plain') emitWrite(e, field.schema, local, fieldPath);
    else if (fieldEncoding.kind === 'presence' && writesSomething(fieldEncoding.of)) {
      e.block(`if (${presenceTest(fieldEncoding, local)})`, () =>
        emitWrite(e, fieldEncoding.of, local, fieldPath),
      );
    }
  });
}

/** An absent optional field must not be found in Object.prototype. */
function readProperty(value: string, field: StructField): string {
  const code = value + access(field.name);
  if (!field.optional || !(field.name in Object.prototype)) return code;
  return `Object.hasOwn(${value}, ${JSON.stringify(field.name)}) ? ${code} : undefined`;
}

function writeBits(
  fields: readonly StructField[],
  encodings: readonly FieldEncoding[],
  locals: readonly string[],
): readonly { readonly byte: number; readonly code: string }[] {
  return fields.flatMap((_, i) => {
    const encoding = encodings[i]!;
    if (encoding.kind === 'plain') return [];
    const local = locals[i]!;
    const code = (n: number): string => String(n << encoding.shift);
    if (encoding.kind === 'bool') return [{ byte: encoding.byte, code: `(${local} ? ${code(1)} : 0)` }];
    const orNull = encoding.orNull ? `${local} === null ? ${code(2)} : ` : '';
    const none = encoding.none === 'null' ? 'null' : 'undefined';
    return [{ byte: encoding.byte, code: `(${local} === ${none} ? 0 : ${orNull}${code(1)})` }];
  });
}

function presenceTest(encoding: Extract<FieldEncoding, { kind: 'presence' }>, local: string): string {
  const none = `${local} !== ${encoding.none === 'null' ? 'null' : 'undefined'}`;
  return encoding.orNull ? `${none} && ${local} !== null` : none;
}

function writeTuple(e: Emitter, schema: Of<'tuple'>, value: string, path: string): void {
  schema.items.forEach((item, i) => {
    emitWrite(e, item, e.declare(`item${i}`, `${value}[${i}]`), `${path}[${i}]`);
  });
  const { rest } = schema;
  if (!rest) return;
  const fixed = schema.items.length;
  e.line(`out.varint(Math.max(${value}.length - ${fixed}, 0));`);
  const i = e.names.fresh('i');
  e.block(`for (let ${i} = ${fixed}; ${i} < ${value}.length; ${i}++)`, () => {
    writeItem(e, rest, e.declare('item', `${value}[${i}]`), `${path}[]`);
  });
}

function writeTagged(e: Emitter, schema: Of<'union'>, field: string, value: string, path: string): void {
  e.block(`switch (${value}${access(field)})`, () => {
    groupCases(schema.cases).forEach(({ tags, index, of }) => {
      e.block(tags.map(tag => `case ${literal(tag)}:`).join(' '), () => {
        e.line(`out.u8(${index});`);
        emitWrite(e, of, value, `${path}<${String(tags[0])}>`);
        e.line('break;');
      });
    });
    const wanted = `a member of the union, told apart by '${field}'`;
    e.line(`default: throw ${misfit(`${path}.${field}`, wanted, value + access(field))};`);
  });
}

/** Tags that lead to the same schema share the first one's index. */
function groupCases(
  cases: readonly UnionCase[],
): readonly { readonly tags: UnionCase['tag'][]; readonly index: number; readonly of: Schema }[] {
  const groups = new Map<string, { tags: UnionCase['tag'][]; index: number; of: Schema }>();
  cases.forEach((c, index) => {
    const text = schemaText(c.schema, { classes: true });
    const group = groups.get(text);
    if (group) group.tags.push(c.tag);
    else groups.set(text, { tags: [c.tag], index, of: c.schema });
  });
  return [...groups.values()];
}

function writeByTypeof(e: Emitter, schema: Of<'union'>, value: string, path: string): void {
  // Literals before their base type; plain objects last, because everything else that is an object is one too.
  const rank = (c: UnionCase): number => (c.tag === 'enum' ? 0 : c.tag === 'object' ? 2 : 1);
  const ordered = schema.cases.map((c, index) => ({ c, index })).sort((a, b) => rank(a.c) - rank(b.c));
  ordered.forEach(({ c, index }, i) => {
    e.block(`${i === 0 ? '' : 'else '}if (${caseTest(c, value, e)})`, () => {
      e.line(`out.u8(${index});`);
      emitWrite(e, c.schema, value, path);
    });
  });
  e.line(`else throw ${misfit(path, ordered.map(o => String(o.c.tag)).join(' | '), value)};`);
}

function caseTest(c: UnionCase, value: string, e: Emitter): string {
  switch (c.tag) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'bigint':
      return `typeof ${value} === '${c.tag}'`;
    case 'array':
      return `Array.isArray(${value})`;
    case 'Date':
    case 'Map':
    case 'Set':
      return `${value} instanceof ${c.tag}`;
    case 'bytes':
      return `${value} instanceof Uint8Array`;
    case 'enum':
      return c.schema.kind === 'enum' ? `${e.scope.enumTable(c.schema.values)}.includes(${value})` : 'true';
    default:
      return `typeof ${value} === 'object' && ${value} !== null`;
  }
}

function writesSomething(schema: Schema): boolean {
  return schema.kind !== 'null' && schema.kind !== 'undefined';
}
