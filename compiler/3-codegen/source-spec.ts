/** TaskModule.source: how the engine makes the source and its watermarks. */
import type { BatchLayout, RowAccess } from '../../plugins/api/index.js';
import type { OpOf, PlanOp, PushedFilters, Value } from '../ir/index.js';
import { Block } from './block.js';
import type { Lines } from './code.js';
import { assumeImplied } from './emit/filter.js';
import { applyExpression } from './lambda.js';
import { arrayTypes } from './outputs.js';
import { symOfColumns } from './record.js';
import { rowAccess } from './source-rows.js';
import { literal } from './module.js';
import type { TaskWriter } from './task-writer.js';
import { valueCode } from './values.js';

export interface SourceHead {
  readonly op: OpOf<'source'>;
  readonly head: PlanOp;
  readonly layout: BatchLayout;
  /** something reads the records that could not be decoded */
  readonly deadLetters: boolean;
  /** a decoder was generated for exactly these columns */
  readonly hasDecoder: boolean;
  /** the loop asks Batch.rows */
  readonly rows: RowAccess | null;
}

export function sourceSpec(writer: TaskWriter, source: SourceHead, lines: Lines): void {
  const { op, head, layout, deadLetters, hasDecoder, rows } = source;
  const { pushed } = writer.task;
  const { module } = writer;
  lines.add(1, 'source: {');
  lines.add(2, 'operator: 0,');
  lines.add(2, `schema: ${module.schema(head.types.output!)},`);
  const columns = layout.columns.map(
    c =>
      `{ path: ${literal(c.path)}, kind: ${JSON.stringify(c.kind)}, schema: ${module.schema(c.schema)}${c.presence === true ? ', presence: true' : ''} }`,
  );
  lines.add(2, `layout: { columns: [${columns.join(', ')}] },`);
  lines.add(2, `deadLetters: ${deadLetters},`);
  if (hasDecoder) lines.add(2, `decoder: ${module.import(`decoder:${writer.task.id}`, 'createDecoder')},`);
  if (rows !== null) lines.add(2, `rows: ${rowAccess(writer, rows)},`);
  factory(writer, lines, 'create', op.source);
  if (op.watermarks !== null) factory(writer, lines, 'watermarks', op.watermarks);
  if (pushed) rowFilter(writer, source, pushed, lines);
  lines.add(1, '},');
}

/** Asked by the decoder, so it reads columns. Made like the source, with everything it captures declared inside. */
function rowFilter(
  writer: TaskWriter,
  { head, layout }: SourceHead,
  pushed: PushedFilters,
  lines: Lines,
): void {
  const { module, task } = writer;
  lines.add(2, `accepts(params: ${module.contractType('Parameters')}) {`);
  const site = { module, lines: lines.part(), indent: 3, params: 'params', shared: new Map<Value, string>() };
  const scope = writer.function({ prelude: null, hoistOutputs: false });
  const [batch, row] = [scope.names.fresh('batch'), scope.names.fresh('row')];
  lines.add(3, `return (${batch}: ${module.contractType('Batch')}, ${row}: number): boolean => {`);
  const block = new Block(scope, lines, 4, 'return false');
  const record = symOfColumns(head.types.output!, layout, null, index => () => {
    const array = arrayTypes[layout.columns[index]!.kind];
    return `(${batch}.columns[${index}] as ${array})[${row}]!`;
  });
  for (const index of pushed.filters) {
    const { op } = task.ops[index]! as PlanOp & { readonly op: OpOf<'filter'> };
    const hint = op.name ?? 'accepts';
    block.line(
      'if (!(',
      applyExpression({ writer, block, fn: op.fn, method: 'filter', hint, args: [record], site }),
      ')) return false;',
    );
    assumeImplied(writer, op.fn, block, record);
  }
  block.line('return true;');
  lines.add(3, '};');
  lines.add(2, '},');
}

/** Made by the engine with the parameters of the deployment, so everything it is made of is declared inside. */
function factory(writer: TaskWriter, lines: Lines, name: 'create' | 'watermarks', value: Value): void {
  lines.add(2, `${name}(params: ${writer.module.contractType('Parameters')}) {`);
  const body = lines.part();
  const code = valueCode(
    value,
    { module: writer.module, lines: body, indent: 3, params: 'params', shared: new Map() },
    name,
  );
  lines.add(3, 'return ', code, name === 'watermarks' && value.t === 'api' ? '.spec' : '', ';');
  lines.add(2, '},');
}
