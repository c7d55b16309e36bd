/** Writes the decoder for the columns that a program needs: cells are found and parsed in one pass, others are skipped. */
import type { FormatCompiler } from '../api/format.js';
import type { BatchLayout, ColumnSpec } from '../api/batch.js';
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
      const plan = planCell(spec, 0);
      if (typeof plan === 'string') return plan;
    }
    return null;
  },
  generateDecoder({ layout, options }): string | null {
    const [given] = options as readonly (CsvOptions<unknown> | undefined)[];
    // columns named by a header are known at run time only
    if (!given?.columns) return null;
    return decoderModule(layout, given as CsvOptions<unknown> & { columns: readonly string[] });
  },
};

function decoderModule(
  layout: BatchLayout,
  options: CsvOptions<unknown> & { readonly columns: readonly string[] },
): string | null {
  const delimiter = (options.delimiter ?? ',').charCodeAt(0);
  const quote = options.quote ?? '"';
  const plans = layout.columns.map(planCell);
  if (plans.some(plan => typeof plan === 'string' || !options.columns.includes(plan.name))) return null;
  const cells = plans as readonly CellPlan[];
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
  // to the last column, wanted or not: a line that is cut off is a bad record whatever the program reads of it
  const steps = options.columns.map((name, position) => {
    const cell = cells.find(c => c.name === name);
    return cell ? wanted(cell, position, options, quote) : skipped(name, position);
  });
  return `import { ${own.sort().join(', ')} } from 'flinkc/csv';
import { ${shared.sort().join(', ')} } from 'flinkc/internal/api';
import type { Batch, DecoderContext, RecordDecoder } from 'flinkc/internal/api';

const DELIMITER = ${delimiter};
const QUOTE = ${quote.charCodeAt(0)};

/** Offset behind the cell that starts at \`at\`. */
function cellEnd(bytes: Uint8Array, at: number, stop: number, position: number): number {
  if (at > stop) throw new RecordError(\`\${position} cells, ${options.columns.length} expected\`);
  if (at < stop && bytes[at] === QUOTE) {
    const end = quotedEnd(bytes, at, stop, QUOTE);
    if (end < stop && bytes[end] !== DELIMITER) throw new RecordError(\`text after the closing quote of cell \${position + 1}\`);
    return end;
  }
  let end = at;
  while (end < stop && bytes[end] !== DELIMITER) end++;
  return end;
}

export function createDecoder(context: DecoderContext): RecordDecoder {
  return {
    decode(bytes: Uint8Array, from: number, to: number, last: boolean, batch: Batch): number {
${cells.map(cell => `      const column${cell.column} = batch.columns[${cell.column}] as ${columnType(layout.columns[cell.column]!)};`).join('\n')}
      const records = recordEnds(bytes, from, to, last, batch.capacity - batch.length, ${wantsText});
      let start = from;
      let row = batch.length;
      for (let i = 0; i < records.count; i++) {
        const next = records.ends[i]!;
        const stop = recordStop(bytes, start, next);
        if (${options.columns.length === 1 ? 'next > start' : 'stop > start'}) {
          let cell = '';
          try {
            let at = start;
            let end = start - 1;
${steps.join('\n')}
            batch.timestamps[row] = -(2 ** 63);
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

function skipped(name: string, position: number): string {
  return `            at = cellEnd(bytes, at, stop, ${position}) + 1; // ${JSON.stringify(name)}`;
}

function wanted(cell: CellPlan, position: number, options: CsvOptions<unknown>, quote: string): string {
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
        return `${cell.parser.parser}(bytes, ${start}, ${end}${cell.parser.scale === undefined ? '' : `, ${cell.parser.scale}`})`;
    }
  };
  const empty = options.nullLiteral
    ? `utf8(bytes, at, end) === ${JSON.stringify(options.nullLiteral)}`
    : 'end === at';
  const isNull = cell.empty === null ? '' : `if (${empty}) ${target} = ${cell.empty};\n            else `;
  return `            end = cellEnd(bytes, at, stop, ${position});
            cell = ${JSON.stringify(cell.name)};
            ${isNull}if (bytes[at] !== QUOTE || at === end) ${target} = ${parse('at', 'end', false)};
            else ${target} = ${parse('at + 1', 'end - 1', true)};
            cell = '';
            at = end + 1;`;
}

function columnType(spec: ColumnSpec): string {
  switch (spec.kind) {
    case 'float64':
      return 'Float64Array';
    case 'int32':
      return 'Int32Array';
    case 'float32':
      return 'Float32Array';
    case 'int64':
      return 'BigInt64Array';
    case 'bool':
      return 'Uint8Array';
    case 'string':
      return 'string[]';
    case 'object':
      return 'unknown[]';
  }
}
