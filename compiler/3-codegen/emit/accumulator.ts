/** Accumulators in columns, updated in place by pasted code: one column per field of a flat struct, else one in all. */
import type { Schema } from '../../../plugins/api/index.js';
import type { AccumulatorColumn, AccumulatorColumns } from '../../ir/accumulator-columns.js';
import type { FieldAggregation, LoweredFn, Value } from '../../ir/index.js';
import type { Block } from '../block.js';
import { applyChoice, applyFunction } from '../lambda.js';
import type { ModuleBuilder } from '../module.js';
import { access, propertyKey } from '../names.js';
import { arrayTypes, checkedColumnValue } from '../outputs.js';
import type { Leaf, Sym } from '../record.js';
import { materialise, structOf } from '../record.js';
import type { TaskWriter } from '../task-writer.js';

/** AccumulatorColumns of the library, written out: objects of a known shape are several times faster to make. */
export function columnsCode(module: ModuleBuilder, columns: AccumulatorColumns): string {
  const first = columns[0]!;
  if (first.name === null) return `${module.operators('singleColumn')}(${JSON.stringify(first.kind)})`;
  const cell = (index: number): string => `columns[${index}][row]`;
  const loads = columns.map(
    ({ name, kind }, i) => `${propertyKey(name!)}: ${cell(i)}${kind === 'bool' ? ' === 1' : ''}`,
  );
  const stores = columns.map(
    ({ name, kind }, i) => `${cell(i)} = value${access(name!)}${kind === 'bool' ? ' ? 1 : 0' : ''};`,
  );
  return [
    `{ kinds: ${JSON.stringify(columns.map(c => c.kind))}, shared: false`,
    `load: (columns: any, row: number): any => ({ ${loads.join(', ')} })`,
    `store(columns: any, row: number, value: any): void { ${stores.join(' ')} } }`,
  ].join(', ');
}

/** The function may return this parameter, so that what it was given becomes the accumulator. */
export function handsOn({ inline }: LoweredFn, param: number): boolean {
  const result = inline?.result;
  if (result?.kind === 'path') return result.param === param && result.path.length === 0;
  if (result?.kind !== 'expression' || !result.choice) return false;
  return result.choice.chosen === param || result.choice.otherwise === param;
}

/** The record has a value of its own for every column. */
export function fillsColumns(record: Sym, columns: AccumulatorColumns): boolean {
  if (columns[0]!.name === null) return record.kind === 'leaf';
  return record.kind === 'struct' && columns.every(c => record.fields.has(c.name!));
}

/** Column that an aggregation of one field works on; null when it is not one of these. */
export function fieldColumn(aggregation: FieldAggregation, columns: AccumulatorColumns): number | null {
  const index = columns.findIndex(c =>
    c.name === null
      ? aggregation.field.length === 0
      : aggregation.field.length === 1 && c.name === aggregation.field[0],
  );
  return index < 0 || columns[index]!.kind === 'object' ? null : index;
}

/** What of an operator a loop keeps in locals. */
export interface RowLocals {
  readonly columns: readonly string[];
  readonly inserted: string;
}

/** Where an accumulator stands: a row of an operator's columns. */
export class AccumulatorRow {
  readonly writer: TaskWriter;
  readonly operator: string;
  readonly slot: string;
  readonly columns: AccumulatorColumns;
  readonly schema: Schema;
  readonly #locals: RowLocals | null;

  constructor(
    writer: TaskWriter,
    operator: string,
    slot: string,
    columns: AccumulatorColumns,
    schema: Schema,
    locals: RowLocals | null = null,
  ) {
    this.writer = writer;
    this.operator = operator;
    this.slot = slot;
    this.columns = columns;
    this.schema = schema;
    this.#locals = locals;
  }

  cell(index: number): string {
    if (this.#locals !== null) return `${this.#locals.columns[index]!}[${this.slot}]`;
    return `(${this.operator}.columns[${index}] as ${arrayTypes[this.columns[index]!.kind]})[${this.slot}]`;
  }
  /** As it stands when a field is first used. */
  read(): Sym {
    const leaves = this.columns.map((column, index): Sym => ({
      kind: 'leaf',
      leaf: this.#leaf(column, index),
      schema: column.schema,
    }));
    const struct = structOf(this.schema);
    if (this.columns[0]!.name === null || !struct) return leaves[0]!;
    return {
      kind: 'struct',
      schema: struct,
      fields: new Map(this.columns.map((c, i) => [c.name!, leaves[i]!])),
      presence: null,
    };
  }
  #leaf(column: AccumulatorColumn, index: number): Leaf {
    return {
      hint: column.name ?? 'accumulator',
      name: null,
      read: () => `${this.cell(index)}!${column.kind === 'bool' ? ' === 1' : ''}`,
      column: column.kind,
    };
  }

  /** All values are computed before the first is stored, because they may read each other's columns. `old` stay as they are. */
  store(block: Block, next: Sym, old: Sym | null = null): void {
    const part = (sym: Sym | null, column: AccumulatorColumn): Sym | undefined =>
      sym === null
        ? undefined
        : column.name === null
          ? sym
          : sym.kind === 'struct'
            ? sym.fields.get(column.name)
            : undefined;
    const writes = this.columns.flatMap((column, index) => {
      const value = part(next, column);
      if (!value) throw new Error(`compiler bug: accumulator has no '${column.name}'`);
      if (value === part(old, column)) return [];
      const spec = { path: [column.name ?? 'accumulator'], kind: column.kind, schema: column.schema };
      const from = value.kind === 'leaf' ? value.leaf.column : null;
      return [
        `${this.cell(index)} = ${checkedColumnValue(this.writer.module, materialise(block, value, 'all'), spec, from)};`,
      ];
    });
    for (const write of writes) block.line(write);
  }

  /** Pastes a function of the accumulator: its result is the new one. */
  apply(block: Block, fn: Value, method: string, args: (accumulator: Sym) => readonly Sym[]): void {
    const old = this.read();
    const application = { writer: this.writer, block, fn, method, hint: 'accumulator', args: args(old) };
    const choice = applyChoice(application);
    if (!choice) {
      this.store(block, applyFunction(application, this.schema, 'all'), old);
      return;
    }
    const { condition, chosen, otherwise } = choice;
    if (chosen !== old) {
      block.line('if (', condition, ') {');
      this.store(block.nested(), chosen);
      if (otherwise !== old) block.line('} else {');
    } else block.line('if (!(', condition, ')) {');
    if (otherwise !== old) this.store(block.nested(), otherwise);
    block.line('}');
  }

  /** The first record of a key is the accumulator; `update` adds every later one. */
  startOr(block: Block, record: Sym, update: (block: Block) => void): void {
    block.line(`if (${this.#locals?.inserted ?? `${this.operator}.inserted`}) {`);
    this.store(block.nested(), record);
    block.line('} else {');
    update(block.nested());
    block.line('}');
  }

  /** sum, min and max change one column; minBy and maxBy replace the record. */
  aggregate(block: Block, record: Sym, aggregation: FieldAggregation, index: number): void {
    const column = this.columns[index]!;
    const field = record.kind === 'struct' && column.name !== null ? record.fields.get(column.name)! : record;
    const value = materialise(block, field, 'all');
    const old = column.kind === 'bool' ? `(${this.cell(index)} === 1)` : `${this.cell(index)}!`;
    switch (aggregation.function) {
      case 'sum': {
        const spec = { path: aggregation.field, kind: column.kind, schema: column.schema };
        block.line(
          `${this.cell(index)} = ${checkedColumnValue(this.writer.module, `${old} + ${value}`, spec, null)};`,
        );
        return;
      }
      case 'min':
      case 'max':
        block.line(
          `if (${value} ${aggregation.function === 'min' ? '<' : '>'} ${old}) ${this.cell(index)} = ${column.kind === 'bool' ? `${value} ? 1 : 0` : value};`,
        );
        return;
      case 'minBy':
      case 'maxBy': {
        const order = `${aggregation.function === 'minBy' ? '<' : '>'}${aggregation.first ? '' : '='}`;
        block.line(`if (${value} ${order} ${old}) {`);
        this.store(block.nested(), record);
        block.line('}');
      }
    }
  }
}
