/**
 * Writes a scanner for the fields that a program reads: one function per object, keys told apart by length and bytes,
 * other values skipped without being parsed. A line is left as soon as all wanted fields were seen.
 */
import { columnDataTypes, type BatchLayout, type ColumnSpec } from '../api/batch.js';
import type { FormatCompiler } from '../api/format.js';
import type { Schema } from '../api/schema.js';

export const jsonCompiler: FormatCompiler = {
  format: 'flinkc/json#JsonFormat',
  check: schema => (schema.kind === 'struct' ? null : schemaHint(schema)),
  generateDecoder: ({ schema, layout, first }) =>
    schema.kind === 'struct' && layout.columns.every(column => column.path.length > 0)
      ? new ScannerWriter(schema, layout, first).module()
      : null,
};

/** Lines that are not objects are fine, only not fast. */
function schemaHint(schema: Schema): string | null {
  return schema.kind === 'undefined' ? 'a JSON line is a value, and undefined is none' : null;
}

interface ObjectNode {
  readonly path: readonly string[];
  readonly presence: number | null;
  readonly optional: boolean;
  /** nothing may stand for it: null, undefined, or both */
  readonly nullable: Extract<Schema, { kind: 'nullable' }> | null;
  readonly fields: readonly FieldNode[];
  /** fields that nothing reads */
  readonly unread: readonly string[];
}
type FieldNode = { readonly name: string } & (
  { readonly column: number; readonly optional: boolean } | { readonly object: ObjectNode }
);

class ScannerWriter {
  readonly #layout: BatchLayout;
  readonly #root: ObjectNode;
  readonly #functions: string[] = [];
  readonly #json = new Set<string>();
  readonly #api = new Set(['RecordError', 'recordEnds', 'recordStop']);
  readonly #apiTypes = new Set(['Batch', 'DecoderContext', 'RecordDecoder', 'RecordEnds']);
  readonly #readers: string[] = [];

  /** fields of the record that wait until the filter has been asked */
  readonly #late: ReadonlySet<FieldNode>;

  constructor(schema: Schema, layout: BatchLayout, first: readonly boolean[] | null) {
    this.#layout = layout;
    this.#root = this.#object(schema, [], false);
    const isLate = (field: FieldNode): boolean =>
      layout.columns.every(({ path }, column) => path[0] !== field.name || !first![column]);
    this.#late = new Set(first ? this.#root.fields.filter(isLate) : []);
  }

  module(): string {
    const root = this.#scan(this.#root);
    const waits = this.#late.size > 0;
    if (waits) this.#apiTypes.add('RowFilter');
    const texts = this.#layout.columns.some(column => column.kind === 'string' && !column.presence);
    const columns = this.#layout.columns.map(
      (column, i) => `let column${i}: ${columnDataTypes[column.kind]};`,
    );
    const bind = this.#layout.columns.map(
      (column, i) => `      column${i} = batch.columns[${i}] as ${columnDataTypes[column.kind]};`,
    );
    return `import { ${[...this.#json].sort().join(', ')} } from 'flinkc/json';
import { ${[...this.#api].sort().join(', ')} } from 'flinkc/internal/api';
import type { ${[...this.#apiTypes].sort().join(', ')} } from 'flinkc/internal/api';

${columns.join('\n')}
let records: RecordEnds;
${waits ? filterState : ''}${this.#readers.join('\n')}

${this.#functions.join('\n\n')}

export function createDecoder(context: DecoderContext): RecordDecoder {
  const parse = createLineReader(context);
  function read(bytes: Uint8Array, view: DataView, start: number, stop: number, batch: Batch, row: number): void {
    try {
      ${root}(bytes, view, start, stop, row);
    } catch (error) {
      ${waits ? retry : ''}if (error !== escapedKey) throw error;
      parse(bytes, start, stop, batch, row);
    }
  }
  return {
    decode(bytes: Uint8Array, from: number, to: number, last: boolean, batch: Batch): number {
${bind.join('\n')}
${waits ? bindFilter : ''}      records = recordEnds(bytes, from, to, last, batch.capacity - batch.length, ${texts});
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      let start = from;
      let row = batch.length;
      for (let i = 0; i < records.count; i++) {
        const next = records.ends[i]!;
        const stop = recordStop(bytes, start, next);
        if (stop > start) {
          try {
            if (bytes[stop - 1] !== 125 && bytes[stop - 1] !== 32) throw new RecordError('not JSON: the line does not end with }');
            read(bytes, view, start, stop, batch, row);
            batch.timestamps[row] = -(2 ** 63);
            row++;
          } catch (error) {
            if (!(error instanceof RecordError)) throw error;
            context.badRecords.report({ raw: bytes.slice(start, stop), reason: error.message, position: context.describe(start) });
          }
        }
        start = next;
      }
      batch.length = row;
      return start;
    },
  };
}
`;
  }

  /** The wanted part of an object: its columns, grouped by the next name of their path. */
  #object(schema: Schema, path: readonly string[], optional: boolean): ObjectNode {
    const nullable = schema.kind === 'nullable' ? schema : null;
    const struct = nullable ? nullable.of : schema;
    if (struct.kind !== 'struct')
      throw new Error(`compiler bug: column path '${path.join('.')}' leads into a ${struct.kind}`);
    const within = (column: ColumnSpec): boolean => path.every((name, i) => column.path[i] === name);
    const depth = path.length;
    const presence = this.#layout.columns.findIndex(
      column => column.presence && column.path.length === depth && within(column),
    );
    const names = new Set(
      this.#layout.columns
        .filter(column => column.path.length > depth && within(column))
        .map(column => column.path[depth]!),
    );
    const fields = [...names].map((name): FieldNode => {
      const column = this.#layout.columns.findIndex(
        c => !c.presence && c.path.length === depth + 1 && c.path[depth] === name && within(c),
      );
      const field = struct.fields.find(f => f.name === name)!;
      return column >= 0
        ? { name, column, optional: field.optional }
        : { name, object: this.#object(field.schema, [...path, name], field.optional) };
    });
    const unread = struct.fields.map(field => field.name).filter(name => !names.has(name));
    return { path, presence: presence < 0 ? null : presence, optional, nullable, fields, unread };
  }

  /** Emits the function that scans one object and returns its name. */
  #scan(node: ObjectNode): string {
    const root = node.path.length === 0;
    if (root) this.#json.add('expectEnd');
    for (const name of [
      'createLineReader',
      'cursor',
      'escapedKey',
      'expect',
      'readKey',
      'skipSpace',
      'skipValue',
    ])
      this.#json.add(name);
    const name =
      ['scan', ...node.path].join('_').replaceAll(/\W/g, '_') +
      (node.path.length === 0 ? '' : `_${this.#functions.length}`);
    const required = node.fields
      .map((field, bit) => ({ field, bit }))
      .filter(
        ({ field }) =>
          !('object' in field
            ? field.object.optional || field.object.nullable !== null
            : field.optional || this.#acceptsAbsent(field.column)),
      );
    const words = Math.max(1, Math.ceil(node.fields.length / bitsPerWord));
    // objects inside are read to their end, because what follows stands behind it
    const leave = root && words === 1 ? `      if (seen0 === ${2 ** node.fields.length - 1}) return;\n` : '';
    const names = [...node.fields.map(field => field.name), ...node.unread];
    const keys = this.#keys(names, name);
    const late = node.fields.flatMap((field, bit) => (this.#late.has(field) ? [{ field, bit }] : []));
    const readers = new Map(late.map(({ field }) => [field, this.#reader(field)]));
    const cases = node.fields.map((field, bit) => {
      const read = readers.get(field);
      const value = read ? noted(read, bit) : this.#value(field, node.path);
      return `        case ${bit}: { // ${JSON.stringify(field.name)}\n${value}\n          ${seen(bit)} |= ${bitOf(bit)};\n          break;\n        }`;
    });
    const checks = (isLate: boolean): string =>
      [
        ...required
          .filter(({ field }) => readers.has(field) === isLate)
          .map(
            ({ field, bit }) =>
              `  if ((${seen(bit)} & ${bitOf(bit)}) === 0) throw new RecordError(${JSON.stringify(`field '${[...node.path, field.name].join('.')}' is missing`)});`,
          ),
        ...node.fields
          .map((field, bit) => (readers.has(field) === isLate ? this.#absent(field, bit) : ''))
          .filter(Boolean),
      ].join('\n');
    const ask = (indent: string): string =>
      [
        'asked++;',
        'if (!accepts(rows, row)) return;',
        'kept++;',
        ...late.map(
          ({ field, bit }) => `if (at${bit} >= 0) ${readers.get(field)!}(bytes, view, at${bit}, stop, row);`,
        ),
      ]
        .map(line => `${indent}${line}\n`)
        .join('');
    const early = node.fields.flatMap((field, bit) => (readers.has(field) ? [] : [bit]));
    const askSoon =
      late.length === 0
        ? ''
        : `      if (!accepted && ${allSeen(early)}) {\n${ask('        ')}        accepted = true;\n      }\n`;
    const askLast = late.length === 0 ? '' : `  if (!accepted) {\n${ask('    ')}  }\n${checks(true)}\n`;
    const places = late.map(({ bit }) => `  let at${bit} = -1;\n`).join('');
    this.#functions.push(`/** ${node.path.length === 0 ? 'the record' : node.path.join('.')} */
function ${name}(bytes: Uint8Array, view: DataView, at: number, stop: number, row: number): ${root ? 'void' : 'number'} {
  at = expect(bytes, at, stop, 123);
${Array.from({ length: words }, (_, word) => `  let seen${word} = 0;`).join('\n')}
${late.length === 0 ? '' : `  let accepted = eager;\n${places}`}  if (bytes[at] === 125) at++;
  else
    for (let position = 0; ; position++) {
${keys.find}
      switch (field) {
${cases.join('\n')}
        default:
          at = skipValue(bytes, view, at, stop);
      }
${askSoon}${leave}      if (bytes[at] === 44 && bytes[at + 1] === 34 && at + 1 < stop) {
        at++;
        continue;
      }
      at = skipSpace(bytes, at);
      if (at < stop && bytes[at] === 44) at = skipSpace(bytes, at + 1);
      else {
        at = expect(bytes, at, stop, 125);
        break;
      }
    }
${checks(false)}
${askLast}  ${root ? 'expectEnd(bytes, at, stop);' : 'return at;'}
}`);
    return name;
  }

  /** Emits the function that reads a field of the record at `at`, and returns its name. */
  #reader(field: FieldNode): string {
    const name = `read${this.#functions.length}_${field.name.replaceAll(/\W/g, '_')}`;
    const value = this.#value(field, []);
    this.#functions
      .push(`function ${name}(bytes: Uint8Array, view: DataView, at: number, stop: number, row: number): number {
${value}
          return at;
}`);
    return name;
  }

  /**
   * Statements that set `field` to the number of the field whose key stands at `at` (−1: no field of the schema) and move
   * `at` to its value. Records of one source are mostly written alike, so the field that stood at this place in the record
   * before is tried first: its key is compared four bytes at a time; only a key that surprises is looked up.
   */
  #keys(names: readonly string[], scan: string): { readonly find: string } {
    const patterns = names.map(name => Buffer.from(`${JSON.stringify(name)}:`));
    const longest = Math.max(4, ...patterns.map(pattern => pattern.length));
    const expected = patterns.map((pattern, field) => {
      const test = escaped(names[field]!) ? 'false' : matches(pattern);
      return `        case ${field}: // ${JSON.stringify(names[field])}
          if (${test}) at += ${pattern.length};
          else field = -1;
          break;`;
    });
    const byLength = new Map<number, string[]>();
    names.forEach((name, field) => {
      const bytes = [...Buffer.from(name)];
      const test = bytes.map((byte, i) => `bytes[key + ${i}] === ${byte}`).join(' && ') || 'true';
      const arm = `if (${test}) return ${field}; // ${JSON.stringify(name)}`;
      byLength.set(bytes.length, [...(byLength.get(bytes.length) ?? []), arm]);
    });
    const lookUp = [...byLength]
      .sort(([a], [b]) => a - b)
      .map(([length, arms]) => `    case ${length}:\n      ${arms.join('\n      ')}\n      break;`);
    this.#functions.push(`const order_${scan} = new Int16Array(${names.length + 1}).fill(-1);
/** Number of the field whose key stands at \`at\`; cursor.at is left at its value. */
function key_${scan}(bytes: Uint8Array, at: number, stop: number): number {
  const key = readKey(bytes, at, stop);
  const length = cursor.at - key;
  cursor.at = expect(bytes, cursor.at + 1, stop, 58);
  switch (length) {
${lookUp.join('\n')}
  }
  return -1;
}`);
    return {
      find: `      const place = position < ${names.length} ? position : ${names.length};
      let field = at + ${longest} < stop ? order_${scan}[place]! : -1;
      switch (field) {
${expected.join('\n')}
      }
      if (field < 0) {
        field = key_${scan}(bytes, at, stop);
        at = cursor.at;
        order_${scan}[place] = field;
      } else if (bytes[at]! <= 32) at = skipSpace(bytes, at);`,
    };
  }

  #acceptsAbsent(column: number): boolean {
    const { schema } = this.#layout.columns[column]!;
    return schema.kind === 'nullable' || schema.kind === 'undefined' || schema.kind === 'null';
  }

  /** What a field's column holds when the key was not there. */
  #absent(field: FieldNode, bit: number): string {
    const test = `  if ((${seen(bit)} & ${bitOf(bit)}) === 0) `;
    if ('object' in field) {
      const { presence, optional, nullable } = field.object;
      return presence === null || !(optional || nullable)
        ? ''
        : `${test}column${presence}[row] = ${optional || nullable?.undefined ? 2 : 0};`;
    }
    if (field.optional) return `${test}column${field.column}[row] = undefined;`;
    const { schema } = this.#layout.columns[field.column]!;
    return schema.kind === 'nullable'
      ? `${test}column${field.column}[row] = ${schema.undefined ? 'undefined' : 'null'};`
      : '';
  }

  #value(field: FieldNode, path: readonly string[]): string {
    const indent = '          ';
    if ('object' in field) {
      const { object } = field;
      const scan = this.#scan(object);
      const call = `at = ${scan}(bytes, view, at, stop, row);`;
      if (object.presence === null) return `${indent}${call}`;
      this.#json.add('readNull');
      const absent = object.nullable?.null ? 0 : 2;
      return `${indent}if (readNull(bytes, at)) {\n${indent}  column${object.presence}[row] = ${absent};\n${indent}  at = cursor.at;\n${indent}} else {\n${indent}  ${call}\n${indent}  column${object.presence}[row] = 1;\n${indent}}`;
    }
    const column = this.#layout.columns[field.column]!;
    const name = JSON.stringify([...path, field.name].join('.'));
    const target = `column${field.column}[row]`;
    const { schema } = column;
    const inner = schema.kind === 'nullable' ? schema.of : schema;
    const read = this.#read(inner, name, target, field.column);
    const nullTo =
      schema.kind === 'nullable' ? (schema.null ? 'null' : 'undefined') : field.optional ? 'undefined' : null;
    if (nullTo === null) return read.map(line => indent + line).join('\n');
    this.#json.add('readNull');
    return `${indent}if (readNull(bytes, at)) {\n${indent}  ${target} = ${nullTo};\n${indent}  at = cursor.at;\n${indent}} else {\n${read.map(line => `${indent}  ${line}`).join('\n')}\n${indent}}`;
  }

  /** Statements that read the value at `at` into the target and move `at` behind it. */
  #read(schema: Schema, name: string, target: string, column: number): string[] {
    const use = (helper: string): string => {
      this.#json.add(helper);
      return helper;
    };
    const plain = (call: string): string[] => [`${target} = ${call};`, 'at = cursor.at;'];
    switch (schema.kind) {
      case 'string':
        return plain(`${use('readString')}(bytes, view, records, at, stop, ${name})`);
      case 'float64':
      case 'float32':
        return plain(`${use('readNumber')}(bytes, at, stop, ${name})`);
      case 'int32':
        return [
          `const number = ${use('readNumber')}(bytes, at, stop, ${name});`,
          `if (number !== (number | 0)) throw new RecordError(${JSON.stringify(`field '${JSON.parse(name) as string}' is not a 32-bit integer`)});`,
          `${target} = number;`,
          'at = cursor.at;',
        ];
      case 'bool':
        // an object column holds the boolean itself
        return plain(
          `${use('readBool')}(bytes, at, stop, ${name})${this.#layout.columns[column]!.kind === 'object' ? ' === 1' : ''}`,
        );
      case 'decimal':
        return plain(
          `${use('decimalOf')}(${use('readDigits')}(bytes, view, at, stop), ${schema.scale}, ${name})`,
        );
      case 'int64':
      case 'bigint':
        return plain(
          `${use('integerOf')}(${use('readDigits')}(bytes, view, at, stop), ${schema.kind === 'int64'}, ${name})`,
        );
      case 'timestamp':
        this.#api.add('parseTimestamp');
        return [
          `if (bytes[at] === 34) {`,
          `  const text = ${use('readQuoted')}(bytes, view, at, stop, ${name});`,
          `  ${target} = parseTimestamp(bytes, text, cursor.at);`,
          '  at = cursor.at + 1;',
          '} else {',
          `  ${target} = ${use('readNumber')}(bytes, at, stop, ${name});`,
          '  at = cursor.at;',
          '}',
        ];
      case 'enum':
        if (schema.values.every(value => typeof value === 'string'))
          return plain(
            `${use('enumOf')}(${use('readString')}(bytes, view, records, at, stop, ${name}), values${this.#enumTable(schema.values)}, ${name})`,
          );
        break;
      default:
        break;
    }
    use('fromJson');
    use('readText');
    use('exactParser');
    const reader = this.#readers.length;
    this.#readers.push(
      `const schema${reader}: Schema = ${JSON.stringify(schema)};`,
      `const parse${reader} = exactParser(schema${reader});`,
      `const read${reader} = fromJson(schema${reader});`,
    );
    this.#apiTypes.add('Schema');
    return plain(`read${reader}(parse${reader}(readText(bytes, view, at, stop)), ${name}) as never`);
  }
  #enumTable(values: readonly unknown[]): number {
    const index = this.#readers.length;
    this.#readers.push(`const values${index}: readonly string[] = ${JSON.stringify(values)};`);
    return index;
  }
}

const filterState = `let rows: Batch;
let accepts: RowFilter;
// Where most records are accepted, fields that wait are gone over twice for nothing. Then they do not wait, except in one
// batch of 16, to see whether that is still so.
let eager = false;
let asked = 0;
let kept = 0;
let batches = 0;
`;
const bindFilter = `      rows = batch;
      accepts = context.accepts ?? (() => true);
      eager = kept * 4 > asked * 3 && ++batches % 16 !== 0;
      if (!eager) asked = kept = 0;
`;
/** What is wrong with a field that need not have been looked at is not wrong. */
const retry = `if (eager && error instanceof RecordError) {
        eager = false;
        return read(bytes, view, start, stop, batch, row);
      }
      `;

/** A field that waits is only passed over, until the filter has accepted the record. */
function noted(reader: string, bit: number): string {
  const indent = ' '.repeat(10);
  return `${indent}if (accepted) at = ${reader}(bytes, view, at, stop, row);\n${indent}else at = skipValue(bytes, view, (at${bit} = at), stop);`;
}

/** Expression: were all of these fields seen? */
function allSeen(bits: readonly number[]): string {
  const masks = new Map<string, number>();
  for (const bit of bits) masks.set(seen(bit), (masks.get(seen(bit)) ?? 0) + bitOf(bit));
  return [...masks].map(([word, mask]) => `(${word} & ${mask}) === ${mask}`).join(' && ') || 'true';
}

/** Such names are not written into JSON as they are. */
function escaped(name: string): boolean {
  return JSON.stringify(name) !== `"${name}"`;
}

/** Expression: do these bytes stand at `at`? In words of four bytes, the last of which may overlap. */
function matches(pattern: Uint8Array): string {
  if (pattern.length < 4) return [...pattern].map((byte, i) => `bytes[at + ${i}] === ${byte}`).join(' && ');
  const view = new DataView(pattern.buffer, pattern.byteOffset, pattern.byteLength);
  const starts = Array.from({ length: Math.ceil(pattern.length / 4) }, (_, i) =>
    Math.min(i * 4, pattern.length - 4),
  );
  return starts.map(at => `view.getInt32(at + ${at}, true) === ${view.getInt32(at, true)}`).join(' && ');
}

/** Which fields of an object were seen is noted in words of this many bits: small integers. */
const bitsPerWord = 31;
const seen = (field: number): string => `seen${Math.floor(field / bitsPerWord)}`;
const bitOf = (field: number): number => 2 ** (field % bitsPerWord);
