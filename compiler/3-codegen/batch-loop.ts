/** The loop over the rows of one input. */
import { LAST_COLUMN } from '../ir/batch-layout.js';
import { Block } from './block.js';
import type { Lines } from './code.js';
import { emitOperator } from './emit/index.js';
import { arrayTypes } from './outputs.js';
import type { Leaf } from './record.js';
import { symOfColumns, use } from './record.js';
import { sourceLoop, type SourceLoop } from './source.js';
import type { TaskWriter } from './task-writer.js';
import { SourceRows } from './source-rows.js';
import type { BatchLayout, RowAccess, Schema } from '../../plugins/api/index.js';

export interface LoopInput {
  readonly index: number;
  readonly layout: BatchLayout;
  readonly schema: Schema;
  readonly key: { readonly column: number; readonly schema: Schema } | null;
  /** source whose fields are computed where they are read; null: they lie in columns */
  readonly rows: RowAccess | null;
}

/** Declares `function batch0(batch)` among the task's functions and returns its name. */
export function writeBatchLoop(writer: TaskWriter, input: LoopInput): string {
  const { module, task } = writer;
  const head = task.ops[0]!;
  const name = module.names.fresh(`batch${input.index}`);
  const lines = writer.functions.part();
  lines.origin = head.op.origin;
  const rows = input.rows === null ? null : new SourceRows(writer, input.rows, input.layout);
  const source: SourceLoop | null = head.op.kind === 'source' ? sourceLoop(writer, head.op, rows) : null;
  lines.add(2, `// task ${task.id}, input ${input.index}`);
  lines.add(2, `function ${name}(batch: ${module.contractType('Batch')}): void {`);
  const prelude: Lines = lines.part();
  const scope = writer.function({
    prelude: { lines: prelude, indent: 3 },
    hoistOutputs: source?.flushes !== true,
  });
  prelude.add(3, rows ? 'const { length } = batch;' : 'const { length, timestamps } = batch;');
  // The operator at work, for errors. The row before may have ended somewhere down the chain.
  const isChain = task.ops.length > 1;
  if (isChain) lines.add(3, 'let op = 0;');
  lines.add(3, 'let i = 0;');
  lines.add(3, 'try {');
  lines.add(4, 'for (; i < length; i++) {');
  const row = new Block(scope, lines, 5, 'continue');
  if (isChain) row.line('op = 0;');
  rows?.seek(row);
  const stamp: Leaf = rows?.timestamp ?? {
    hint: 'ts',
    name: null,
    read: () => 'timestamps[i]!',
    column: 'float64',
  };
  const column =
    (index: number, hint: string) =>
    (block: Block): string =>
      block.hoist(
        `column ${index}`,
        `${hint === '' ? 'value' : hint}Column`,
        `batch.columns[${index}] as ${arrayTypes[input.layout.columns[index]!.kind]}`,
      );
  const cell = (index: number, hint: string) => (block: Block) => `${column(index, hint)(block)}[i]!`;
  const record = symOfColumns(
    input.schema,
    input.layout,
    input.key?.column ?? null,
    rows ? index => block => rows.column(index, block) : cell,
  );
  if (source) source.write(row, record, stamp);
  else {
    const key = input.key === null ? null : keyLeaf(input, column);
    const site = writer.site(0, input.index, record, stamp, key === null ? null : use(row, key), row);
    const last = input.layout.columns.findIndex(spec => spec.path[0] === LAST_COLUMN);
    emitOperator(last < 0 ? site : { ...site, last: lastLeaf(last, column) });
  }
  lines.add(4, '}');
  for (const line of [...scope.afterLoop, ...(source?.afterLoop ?? [])]) lines.add(4, line);
  lines.add(3, '} catch (error) {');
  lines.add(
    4,
    `throw ${module.contract('operatorFailure')}(error, ${isChain ? 'op' : '0'}, i < length ? i : -1);`,
  );
  lines.add(3, '}');
  lines.add(2, '}');
  return name;
}

function lastLeaf(index: number, column: (index: number, hint: string) => (block: Block) => string): Leaf {
  const array = column(index, 'last');
  return { hint: 'last', name: null, read: block => `${array(block)}[i]!`, column: 'float64' };
}

function keyLeaf(input: LoopInput, column: (index: number, hint: string) => (block: Block) => string): Leaf {
  const index = input.key!.column;
  const spec = input.layout.columns[index]!;
  const array = column(index, 'key');
  return {
    hint: 'key',
    name: null,
    read: block => `${array(block)}[i]!${spec.kind === 'bool' ? ' === 1' : ''}`,
    column: spec.kind,
  };
}
