/** Generated code of records that a filter is asked about before the fields it does not need are read. */

/** Of the function that reads a field which waits, by the field's number. */
export interface LateField {
  readonly bit: number;
  readonly reader: string;
}

export const filterState = `let rows: Batch;
let accepts: RowFilter;
// Where most records are accepted, fields that wait are gone over twice for nothing. Then they do not wait, except in one
// batch of 16, to see whether that is still so.
let eager = false;
let asked = 0;
let kept = 0;
let batches = 0;
`;
export const bindFilter = `      rows = batch;
      accepts = context.accepts ?? (() => true);
      eager = kept * 4 > asked * 3 && ++batches % 16 !== 0;
      if (!eager) asked = kept = 0;
`;
/** What is wrong with a field that need not have been looked at is not wrong. */
export const retry = `if (eager && error instanceof RecordError) {
        eager = false;
        return read(bytes, view, start, stop, batch, row);
      }
      `;

/** A field that waits is only passed over, until the filter has accepted the record. */
export function passOver({ reader, bit }: LateField): string {
  const indent = ' '.repeat(10);
  return `${indent}if (accepted) at = ${reader}(bytes, view, at, stop, row);\n${indent}else at = skipValue(bytes, view, (at${bit} = at), stop);`;
}

/** Statements that ask the filter, and read the fields that have waited for its consent. */
export function askFilter(late: readonly LateField[], indent: string): string {
  return [
    'asked++;',
    'if (!accepts(rows, row)) return;',
    'kept++;',
    ...late.map(({ reader, bit }) => `if (at${bit} >= 0) ${reader}(bytes, view, at${bit}, stop, row);`),
  ]
    .map(line => `${indent}${line}\n`)
    .join('');
}
