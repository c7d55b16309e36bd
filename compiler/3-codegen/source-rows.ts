/** Values of rows that a source computes: each is asked for where it is first read. */
import type { BatchLayout, ColumnKind, RowAccess } from '../../plugins/api/index.js';
import type { Block } from './block.js';
import { literal } from './module.js';
import type { Leaf } from './record.js';
import { use } from './record.js';
import type { TaskWriter } from './task-writer.js';

export class SourceRows {
  readonly #writer: TaskWriter;
  readonly #access: RowAccess;
  readonly #layout: BatchLayout;
  readonly #leaves = new Map<string, Leaf>();

  constructor(writer: TaskWriter, access: RowAccess, layout: BatchLayout) {
    this.#writer = writer;
    this.#access = access;
    this.#layout = layout;
  }

  seek(row: Block): void {
    if (this.#access.seek !== undefined) row.line(`${this.#rows(row)}.${this.#access.seek}(i);`);
  }
  column(index: number, block: Block): string {
    return this.#call(this.#access.columns[index]!, block);
  }
  get timestamp(): Leaf {
    const { timestamp } = this.#access;
    if (timestamp !== undefined) return this.#leaf(timestamp);
    const none = this.#writer.module.contract('MIN_TIMESTAMP');
    return { hint: 'ts', name: none, read: null, column: 'float64' };
  }
  /** Expression for the largest timestamp of the batch. */
  largestTimestamp(block: Block): string {
    const { maxTimestamp } = this.#access;
    return maxTimestamp === undefined
      ? this.#writer.module.contract('MIN_TIMESTAMP')
      : `${this.#rows(block)}.${maxTimestamp}(length)`;
  }

  /** Values that others are made of are worked out once. */
  #leaf(name: string): Leaf {
    let leaf = this.#leaves.get(name);
    if (!leaf) {
      leaf = { hint: name, name: null, read: block => this.#call(name, block), column: 'float64' };
      this.#leaves.set(name, leaf);
    }
    return leaf;
  }
  #call(name: string, block: Block): string {
    const { method, of = [] } = this.#access.values[name]!;
    const values = of.map(other => use(block, this.#leaf(other)));
    return `${this.#rows(block)}.${method}(${['i', ...values].join(', ')})`;
  }
  #rows(block: Block): string {
    const { module } = this.#writer;
    return block.hoist(
      'rows',
      'rows',
      `${module.contract('rowsOf')}(batch, ${rowAccess(this.#writer, this.#access)}) as ${this.#type()}`,
    );
  }
  #type(): string {
    const { values, columns, seek, maxTimestamp } = this.#access;
    const methods = Object.entries(values).map(([name, { method, of = [] }]) => {
      const column = columns.indexOf(name);
      const parameters = ['row: number', ...of.map(other => `${other}: number`)];
      return `${method}(${parameters.join(', ')}): ${column < 0 ? 'number' : cellTypes[this.#layout.columns[column]!.kind]}`;
    });
    if (seek !== undefined) methods.push(`${seek}(row: number): void`);
    if (maxTimestamp !== undefined) methods.push(`${maxTimestamp}(length: number): number`);
    return `{ ${methods.join('; ')} }`;
  }
}

/** Constant of the module with how rows are asked for. */
export function rowAccess(writer: TaskWriter, access: RowAccess): string {
  const { module } = writer;
  return module.once(
    'row access',
    'rowAccess',
    () => literal(access),
    `: ${module.contractType('RowAccess')}`,
  );
}

const cellTypes: Readonly<Record<ColumnKind, string>> = {
  float64: 'number',
  int32: 'number',
  float32: 'number',
  int64: 'bigint',
  bool: 'number',
  string: 'string',
  object: 'unknown',
};
