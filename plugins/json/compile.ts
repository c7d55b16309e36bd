/**
 * Writes a scanner for the fields that a program reads: one function per object, keys told apart by length and bytes,
 * other values skipped without being parsed. A line is left as soon as all wanted fields were seen.
 */
import { columnDataTypes, type BatchLayout } from '../api/batch.js';
import type { FormatCompiler } from '../api/format.js';
import type { Schema } from '../api/schema.js';
import { DecoderParts } from './decoder-parts.js';
import { bindFilter, filterState, retry } from './late-fields.js';
import { ObjectScanner } from './object-scanner.js';
import { objectTree, type FieldNode } from './object-tree.js';

export const jsonCompiler: FormatCompiler = {
  format: 'flinkc/json#JsonFormat',
  check: schema => (schema.kind === 'struct' ? null : schemaHint(schema)),
  generateDecoder: ({ schema, layout, first }) =>
    schema.kind === 'struct' && layout.columns.every(column => column.path.length > 0)
      ? decoderModule(schema, layout, first)
      : null,
};

/** Lines that are not objects are fine, only not fast. */
function schemaHint(schema: Schema): string | null {
  return schema.kind === 'undefined' ? 'a JSON line is a value, and undefined is none' : null;
}

function decoderModule(schema: Schema, layout: BatchLayout, first: readonly boolean[] | null): string {
  const tree = objectTree(layout, schema);
  const isLate = (field: FieldNode): boolean =>
    layout.columns.every(({ path }, column) => path[0] !== field.name || !first![column]);
  const late = new Set(first ? tree.fields.filter(isLate) : []);
  const waits = late.size > 0;
  const parts = new DecoderParts();
  const root = new ObjectScanner(layout, late, parts).write(tree);
  if (waits) parts.apiTypes.add('RowFilter');
  const texts = layout.columns.some(column => column.kind === 'string' && !column.presence);
  const columns = layout.columns.map((column, i) => `let column${i}: ${columnDataTypes[column.kind]};`);
  const bind = layout.columns.map(
    (column, i) => `      column${i} = batch.columns[${i}] as ${columnDataTypes[column.kind]};`,
  );
  return `import { ${[...parts.json].sort().join(', ')} } from 'flinkc/json';
import { ${[...parts.api].sort().join(', ')} } from 'flinkc/internal/api';
import type { ${[...parts.apiTypes].sort().join(', ')} } from 'flinkc/internal/api';

${columns.join('\n')}
let records: RecordEnds;
${waits ? filterState : ''}${parts.declarations.join('\n')}

${parts.functions.join('\n\n')}

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
