/** Writes the functions that scan objects: one per object, its fields read into columns. */
import type { BatchLayout } from '../api/batch.js';
import type { DecoderParts } from './decoder-parts.js';
import { keyLookup } from './key-lookup.js';
import { askFilter, passOver, type LateField } from './late-fields.js';
import type { FieldNode, ObjectNode } from './object-tree.js';
import { allSeen, bitOf, seen, seenWords, unseen } from './seen-fields.js';
import { readValue } from './value-reads.js';

const scannerHelpers = [
  'createLineReader',
  'cursor',
  'escapedKey',
  'expect',
  'readKey',
  'skipSpace',
  'skipValue',
];
const indent = ' '.repeat(10);

export class ObjectScanner {
  readonly #layout: BatchLayout;
  readonly #parts: DecoderParts;
  /** fields of the record that wait until the filter has been asked */
  readonly #late: ReadonlySet<FieldNode>;

  constructor(layout: BatchLayout, late: ReadonlySet<FieldNode>, parts: DecoderParts) {
    this.#layout = layout;
    this.#late = late;
    this.#parts = parts;
  }

  /** Writes the function of an object and of those in it, and returns its name. */
  write(node: ObjectNode): string {
    const { fields, path } = node;
    const root = path.length === 0;
    if (root) this.#parts.use('expectEnd');
    for (const helper of scannerHelpers) this.#parts.use(helper);
    const name =
      ['scan', ...path].join('_').replaceAll(/\W/g, '_') + (root ? '' : `_${this.#parts.functions.length}`);
    const keys = keyLookup([...fields.map(field => field.name), ...node.unread], name);
    this.#parts.functions.push(keys.declarations);
    const late = fields.flatMap((field, bit): LateField[] =>
      this.#late.has(field) ? [{ bit, reader: this.#fieldReader(field) }] : [],
    );
    const cases = fields.map((field, bit) => {
      const waits = late.find(each => each.bit === bit);
      const read = waits ? passOver(waits) : this.#value(field, path);
      return `        case ${bit}: { // ${JSON.stringify(field.name)}\n${read}\n          ${seen(bit)} |= ${bitOf(bit)};\n          break;\n        }`;
    });
    const words = seenWords(fields.length);
    // objects inside are read to their end, because what follows stands behind it
    const leave = root && words === 1 ? `      if (seen0 === ${2 ** fields.length - 1}) return;\n` : '';
    const early = fields.flatMap((field, bit) => (this.#late.has(field) ? [] : [bit]));
    const askSoon =
      late.length === 0
        ? ''
        : `      if (!accepted && ${allSeen(early)}) {\n${askFilter(late, '        ')}        accepted = true;\n      }\n`;
    const askLast =
      late.length === 0
        ? ''
        : `  if (!accepted) {\n${askFilter(late, '    ')}  }\n${this.#afterwards(node, true)}\n`;
    const places = late.map(({ bit }) => `  let at${bit} = -1;\n`).join('');
    this.#parts.functions.push(`/** ${root ? 'the record' : path.join('.')} */
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
${this.#afterwards(node, false)}
${askLast}  ${root ? 'expectEnd(bytes, at, stop);' : 'return at;'}
}`);
    return name;
  }

  /** Writes the function that reads a field of the record at `at`, and returns its name. */
  #fieldReader(field: FieldNode): string {
    const name = `read${this.#parts.functions.length}_${field.name.replaceAll(/\W/g, '_')}`;
    const value = this.#value(field, []);
    this.#parts.functions
      .push(`function ${name}(bytes: Uint8Array, view: DataView, at: number, stop: number, row: number): number {
${value}
          return at;
}`);
    return name;
  }

  #value(field: FieldNode, path: readonly string[]): string {
    if ('object' in field) return this.#objectValue(field.object);
    const { kind, schema } = this.#layout.columns[field.column]!;
    const name = JSON.stringify([...path, field.name].join('.'));
    const target = `column${field.column}[row]`;
    const inner = schema.kind === 'nullable' ? schema.of : schema;
    const read = readValue(inner, name, { target, kind }, this.#parts);
    const nullTo =
      schema.kind === 'nullable' ? (schema.null ? 'null' : 'undefined') : field.optional ? 'undefined' : null;
    return nullTo === null
      ? read.map(line => indent + line).join('\n')
      : this.#orNull(`${target} = ${nullTo};`, read);
  }

  #objectValue(object: ObjectNode): string {
    const call = `at = ${this.write(object)}(bytes, view, at, stop, row);`;
    if (object.presence === null) return `${indent}${call}`;
    const presence = `column${object.presence}[row]`;
    return this.#orNull(`${presence} = ${object.nullable?.null ? 0 : 2};`, [call, `${presence} = 1;`]);
  }

  #orNull(absent: string, read: readonly string[]): string {
    return [
      `if (${this.#parts.use('readNull')}(bytes, at)) {`,
      `  ${absent}`,
      '  at = cursor.at;',
      '} else {',
      ...read.map(line => `  ${line}`),
      '}',
    ]
      .map(line => indent + line)
      .join('\n');
  }

  /** What follows the last field: those that must be there are, and columns of those that were not are set. */
  #afterwards({ fields, path }: ObjectNode, late: boolean): string {
    const checked = fields.flatMap((field, bit) => (this.#late.has(field) === late ? [{ field, bit }] : []));
    return [
      ...checked
        .filter(({ field }) => !this.#mayBeAbsent(field))
        .map(
          ({ field, bit }) =>
            `  if (${unseen(bit)}) throw new RecordError(${JSON.stringify(`field '${[...path, field.name].join('.')}' is missing`)});`,
        ),
      ...checked.flatMap(({ field, bit }) => {
        const set = this.#setAbsent(field);
        return set === null ? [] : [`  if (${unseen(bit)}) ${set}`];
      }),
    ].join('\n');
  }

  #mayBeAbsent(field: FieldNode): boolean {
    if ('object' in field) return field.object.optional || field.object.nullable !== null;
    const { kind } = this.#layout.columns[field.column]!.schema;
    return field.optional || kind === 'nullable' || kind === 'undefined' || kind === 'null';
  }

  /** What a field's column holds when the key was not there; null: what it holds anyway. */
  #setAbsent(field: FieldNode): string | null {
    if ('object' in field) {
      const { presence, optional, nullable } = field.object;
      return presence === null || !(optional || nullable)
        ? null
        : `column${presence}[row] = ${optional || nullable?.undefined ? 2 : 0};`;
    }
    if (field.optional) return `column${field.column}[row] = undefined;`;
    const { schema } = this.#layout.columns[field.column]!;
    return schema.kind === 'nullable'
      ? `column${field.column}[row] = ${schema.undefined ? 'undefined' : 'null'};`
      : null;
  }
}
