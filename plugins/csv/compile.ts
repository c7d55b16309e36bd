/** Writes the decoder for the columns that a program needs: cells are found and parsed in one pass, others are skipped. */
import type { FormatCompiler } from '../api/format.js';
import { columnDataTypes, type BatchLayout, type ColumnSpec } from '../api/batch.js';
import type { Schema } from '../api/schema.js';
import { planCell, type CellPlan } from './cells.js';
import type { CsvOptions } from './csv-format.js';

export const csvCompiler: FormatCompiler = {
  format: 'flinkc/csv#CsvFormat',
  check(schema: Schema): string | null {
    if (schema.kind !== 'struct')
      return `csv records are objects with one field per column, not a ${schema.kind}`;
    for (const field of schema.fields) {
      const spec: ColumnSpec = { path: [field.name], kind: 'object', schema: field.schema };
      const plan = planCell(spec, 0, schema);
      if (typeof plan === 'string') return plan;
    }
    return null;
  },
  generateDecoder({ schema, layout, options, first }): string | null {
    const [given] = options as readonly (CsvOptions<unknown> | undefined)[];
    // options that only the deployment knows leave the generic decoder
    if (!given || Object.values(given).includes(undefined)) return null;
    const plans = layout.columns.map((spec, column) => planCell(spec, column, schema));
    if (plans.some(plan => typeof plan === 'string')) return null;
    const cells = plans as readonly CellPlan[];
    const columns = given.columns as readonly string[] | undefined;
    if (columns && cells.some(cell => !columns.includes(cell.name))) return null;
    return decoderModule(layout, cells, given, first);
  },
};

function decoderModule(
  layout: BatchLayout,
  cells: readonly CellPlan[],
  options: CsvOptions<unknown>,
  first: readonly boolean[] | null,
): string {
  const late = first ? cells.filter(cell => !first[cell.column]) : [];
  const delimiter = (options.delimiter ?? ',').charCodeAt(0);
  const quote = options.quote ?? '"';
  const columns = options.columns as readonly string[] | undefined;
  const wantsText = cells.some(cell => cell.parser.kind !== 'parse');
  const parsers = [
    ...new Set(cells.flatMap(cell => (cell.parser.kind === 'parse' ? [cell.parser.parser] : []))),
  ].sort();
  const shared = ['RecordError', 'recordEnds', 'recordStop', ...parsers];
  if (wantsText) shared.push('recordText');
  if (cells.some(cell => cell.empty !== null) && options.nullLiteral) shared.push('utf8');
  const own = ['quotedEnd'];
  if (wantsText) own.push('quotedText');
  if (cells.some(cell => cell.parser.kind === 'enum')) own.push('enumValue');
  if (!columns) own.push('headerColumns', 'wantedAt');
  const count = columns ? String(columns.length) : 'names.length';
  const steps = columns ? knownSteps(columns, cells, late, options) : headerSteps(cells, late, options);
  return `import { ${own.sort().join(', ')} } from 'flinkc/csv';
import { ${shared.sort().join(', ')} } from 'flinkc/internal/api';
import type { Batch, DecoderContext, RecordDecoder } from 'flinkc/internal/api';

const DELIMITER = ${delimiter};
const DELIMITERS = ${delimiter * 0x01010101};
const QUOTE = ${quote.charCodeAt(0)};

/** Offset behind the cell that starts at \`at\`. */
function cellEnd(bytes: Uint8Array, view: DataView, at: number, stop: number, position: number${columns ? '' : ', count: number'}): number {
  if (at > stop) throw new RecordError(\`\${position} cells, ${columns ? columns.length : '${count}'} expected\`);
  if (at < stop && bytes[at] === QUOTE) {
    const end = quotedEnd(bytes, at, stop, QUOTE);
    if (end < stop && bytes[end] !== DELIMITER) throw new RecordError(\`text after the closing quote of cell \${position + 1}\`);
    return end;
  }
  let end = at;
  // Four bytes at a time: of a word without a delimiter no byte becomes zero.
  for (; end + 4 <= stop; end += 4) {
    const word = view.getInt32(end, true) ^ DELIMITERS;
    if (((word - 0x01010101) & ~word & 0x80808080) !== 0) break;
  }
  while (end < stop && bytes[end] !== DELIMITER) end++;
  return end;
}

export function createDecoder(context: DecoderContext): RecordDecoder {
${columns ? '' : `  const names = headerColumns(context.header, ${JSON.stringify(options)});\n  // by position in the file: which of the wanted columns stands there\n  const wanted = wantedAt(names, ${JSON.stringify(cells.map(cell => cell.name))});\n`}${late.length > 0 ? '  const accepts = context.accepts ?? (() => true);\n' : ''}  return {
    decode(bytes: Uint8Array, from: number, to: number, last: boolean, batch: Batch): number {
${cells.map(cell => `      const column${cell.column} = batch.columns[${cell.column}] as ${columnDataTypes[layout.columns[cell.column]!.kind]};`).join('\n')}
      const records = recordEnds(bytes, from, to, last, batch.capacity - batch.length, ${wantsText});
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      let start = from;
      let row = batch.length;
      for (let i = 0; i < records.count; i++) {
        const next = records.ends[i]!;
        const stop = recordStop(bytes, start, next);
        if (${columns === undefined ? 'stop > start || names.length === 1' : columns.length === 1 ? 'next > start' : 'stop > start'}) {
          let cell = '';
          try {
            let at = start;
            let end = start - 1;
${late.map(cell => `            let at${cell.column} = 0;\n            let end${cell.column} = 0;\n`).join('')}${steps}
            if (at <= stop) throw new RecordError(\`more than \${${count}} cells\`);
${lateSteps(late, options)}            batch.timestamps[row] = -(2 ** 63);
            row++;
          } catch (error) {
            if (!(error instanceof RecordError)) throw error;
            const reason = cell === '' ? error.message : \`column '\${cell}': \${error.message}\`;
            context.badRecords.report({ raw: bytes.slice(start, stop), reason, position: context.describe(start) });
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

/** To the last column, wanted or not: a line that is cut off is a bad record whatever the program reads of it. */
function knownSteps(
  columns: readonly string[],
  cells: readonly CellPlan[],
  late: readonly CellPlan[],
  options: CsvOptions<unknown>,
): string {
  const indent = ' '.repeat(12);
  return columns
    .map((name, position) => {
      const cell = cells.find(c => c.name === name);
      const take = cell && (late.includes(cell) ? noted(cell, indent) : wanted(cell, options, indent));
      return take !== undefined
        ? `${indent}end = cellEnd(bytes, view, at, stop, ${position});\n${take}\n${indent}at = end + 1;`
        : `${indent}at = cellEnd(bytes, view, at, stop, ${position}) + 1; // ${JSON.stringify(name)}`;
    })
    .join('\n');
}

/** The order of the columns is known when the header was read. */
function headerSteps(
  cells: readonly CellPlan[],
  late: readonly CellPlan[],
  options: CsvOptions<unknown>,
): string {
  const indent = ' '.repeat(12);
  const arms = cells.map(
    (cell, i) =>
      `${indent}    case ${i}:\n${late.includes(cell) ? noted(cell, `${indent}      `) : wanted(cell, options, `${indent}      `)}\n${indent}      break;`,
  );
  return `${indent}for (let position = 0; position < names.length; position++) {
${indent}  end = cellEnd(bytes, view, at, stop, position, names.length);
${indent}  switch (wanted[position]) {
${arms.join('\n')}
${indent}  }
${indent}  at = end + 1;
${indent}}`;
}

/** The cell waits until the filter has been asked. */
function noted({ column }: CellPlan, indent: string): string {
  return `${indent}at${column} = at;\n${indent}end${column} = end;`;
}

function lateSteps(late: readonly CellPlan[], options: CsvOptions<unknown>): string {
  if (late.length === 0) return '';
  const indent = ' '.repeat(14);
  const cells = late.map(
    cell =>
      `${indent}at = at${cell.column};\n${indent}end = end${cell.column};\n${wanted(cell, options, indent)}`,
  );
  return `            if (accepts(batch, row)) {\n${cells.join('\n')}\n            }\n`;
}

/** Statements that put the cell [at, end) into its column. */
function wanted(cell: CellPlan, options: CsvOptions<unknown>, indent: string): string {
  const quote = options.quote ?? '"';
  const target = `column${cell.column}[row]`;
  const parse = (start: string, end: string, quoted: boolean): string => {
    const text = quoted
      ? `quotedText(bytes, at, end, ${JSON.stringify(quote)})`
      : `recordText(bytes, records, ${start}, ${end})`;
    switch (cell.parser.kind) {
      case 'text':
        return text;
      case 'enum':
        return `enumValue(${text}, ${JSON.stringify(cell.parser.values)}) as never`;
      case 'parse':
        return `${cell.parser.parser}(bytes, ${start}, ${end}${cell.parser.scale === undefined ? '' : `, ${cell.parser.scale}`})${cell.parser.flag === true ? ' === 1' : ''}`;
    }
  };
  const empty = options.nullLiteral
    ? `utf8(bytes, at, end) === ${JSON.stringify(options.nullLiteral)}`
    : 'end === at';
  const isNull = cell.empty === null ? '' : `if (${empty}) ${target} = ${cell.empty};\n${indent}else `;
  return [
    `cell = ${JSON.stringify(cell.name)};`,
    `${isNull}if (bytes[at] !== QUOTE || at === end) ${target} = ${parse('at', 'end', false)};`,
    `else ${target} = ${parse('at + 1', 'end - 1', true)};`,
    `cell = '';`,
  ]
    .map(line => indent + line)
    .join('\n');
}
