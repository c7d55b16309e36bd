/** Generated code that reads one value of a line. */
import type { ColumnKind } from '../api/batch.js';
import type { Schema } from '../api/schema.js';
import type { DecoderParts } from './decoder-parts.js';

/**
 * Statements that read the value at `at` into the target, an element of a column, and move `at` behind it. `name`: of the
 * field, as a literal.
 */
export function readValue(
  schema: Schema,
  name: string,
  { target, kind }: { readonly target: string; readonly kind: ColumnKind },
  parts: DecoderParts,
): string[] {
  const use = (helper: string): string => parts.use(helper);
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
      return plain(`${use('readBool')}(bytes, at, stop, ${name})${kind === 'object' ? ' === 1' : ''}`);
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
      parts.api.add('parseTimestamp');
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
          `${use('enumOf')}(${use('readString')}(bytes, view, records, at, stop, ${name}), ${enumTable(schema.values, parts)}, ${name})`,
        );
      break;
    default:
      break;
  }
  return plain(readParsed(schema, name, parts));
}

/** Values without a reader of their own are parsed, and checked by their schema. */
function readParsed(schema: Schema, name: string, parts: DecoderParts): string {
  const reader = parts.declarations.length;
  parts.declarations.push(
    `const schema${reader}: Schema = ${JSON.stringify(schema)};`,
    `const parse${reader} = ${parts.use('exactParser')}(schema${reader});`,
    `const read${reader} = ${parts.use('fromJson')}(schema${reader});`,
  );
  parts.apiTypes.add('Schema');
  return `read${reader}(parse${reader}(${parts.use('readText')}(bytes, view, at, stop)), ${name}) as never`;
}

function enumTable(values: readonly unknown[], parts: DecoderParts): string {
  const table = `values${parts.declarations.length}`;
  parts.declarations.push(`const ${table}: readonly string[] = ${JSON.stringify(values)};`);
  return table;
}
