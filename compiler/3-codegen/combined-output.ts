/** The sender's half of a window aggregation: records are added to accumulators, which travel instead. */
import type { Exchange, OpOf, PlanOp } from '../ir/index.js';
import { accumulatorColumns, type AccumulatorColumns } from '../ir/accumulator-columns.js';
import type { ColumnarWindows, SlicedWindows } from '../ir/window-shape.js';
import type { Block } from './block.js';
import { AccumulatorRow } from './emit/accumulator.js';
import { pastedUpdate } from './emit/columnar-window.js';
import { CONTENTS } from './emit/window-parts.js';
import type { Schema } from '../../plugins/api/index.js';
import { arrayTypes, keyExpression, neverAbsent } from './outputs.js';
import type { Leaf, Sym } from './record.js';
import { fieldSchema, readPath, structOf, use } from './record.js';
import type { TaskWriter } from './task-writer.js';

export function writeCombined(
  writer: TaskWriter,
  exchange: Exchange,
  windows: ColumnarWindows,
  block: Block,
  record: Sym,
  timestamp: Leaf,
): void {
  const { module } = writer;
  const receiver = module.plan.tasks[exchange.to]!;
  const input = receiver.inputs[exchange.input]!;
  const planOp = receiver.ops[0]! as PlanOp & { readonly op: OpOf<'window'> };
  const { op } = planOp;
  const contents = planOp.states.find(state => state.name === CONTENTS)!.value;
  const columns = accumulatorColumns(contents);
  const combiner = writer.combiner(exchange, gate => {
    const key = input.key === null ? 'null' : module.schema(input.key.schema);
    const kinds = JSON.stringify(columns.map(column => column.kind));
    const [className, bounds] =
      windows.kind === 'slices'
        ? ['WindowCombiner', `time: '${windows.time}', ${sliceBounds(windows)}`]
        : ['SessionCombiner', `gap: ${windows.gap}`];
    return `new ${module.operators(className)}(${gate}, { key: ${key}, kinds: ${kinds}, ${bounds} })`;
  });
  const key = input.key === null ? '0' : keyExpression(writer, exchange, block, record, input);
  // The receiver's clock decides: then nobody asks for the time of the record.
  const ts = windows.kind === 'slices' && windows.time === 'processing' ? '0' : use(block, timestamp);
  const site: CombinerSite = { writer, combiner, key, ts, columns, contents };
  const keyed = input.key === null ? null : isNumber(input.key.schema);
  const fn = op.function;
  const start = (block: Block, row: AccumulatorRow): void => {
    if (fn.kind !== 'aggregate') return;
    block.line(`if (${combiner}.inserted) {`);
    row.apply(block.nested(), fn.aggregate, 'createAccumulator', () => []);
    block.line('}');
  };
  const row =
    block.scope.hoistOutputs && block.scope.prelude && keyed !== false
      ? rowInLocals(block, site, windows, { all: keyed === null, kind: fn.kind }, start)
      : rowOf(block, site, start);
  const parts = fn.kind === 'aggregate' ? record : inColumns(record, columns, input.schema);
  const update = pastedUpdate({ writer, planOp, op, record: parts }, 'add');
  if (!update)
    throw new Error(`compiler bug: records for operator ${op.id} cannot be added up by their sender`);
  update(row, block);
}

interface CombinerSite {
  readonly writer: TaskWriter;
  readonly combiner: string;
  readonly key: string;
  readonly ts: string;
  readonly columns: AccumulatorColumns;
  readonly contents: Schema;
}

function rowOf(
  block: Block,
  { writer, combiner, key, ts, columns, contents }: CombinerSite,
  start: (block: Block, row: AccumulatorRow) => void,
): AccumulatorRow {
  const slot = block.declare('slot', `${combiner}.slot(${key}, ${ts})`);
  const row = new AccumulatorRow(writer, combiner, slot, columns, contents);
  block.line(`${combiner}.records++;`);
  start(block, row);
  return row;
}

/** Keys and columns stay in locals: records of keys that are at home, nearly all, need no call. */
function rowInLocals(
  block: Block,
  { writer, combiner, key, ts, columns, contents }: CombinerSite,
  windows: ColumnarWindows,
  { all, kind }: { readonly all: boolean; readonly kind: OpOf<'window'>['function']['kind'] },
  start: (block: Block, row: AccumulatorRow) => void,
): AccumulatorRow {
  const local = (hint: string, part: string): { readonly name: string; readonly part: string } => ({
    name: block.hoist(`${combiner} ${part}`, hint, part, true),
    part,
  });
  const cells = columns.map(({ name, kind }, index) =>
    local(`${name ?? 'accumulator'}s`, `${combiner}.columns[${index}] as ${arrayTypes[kind]}`),
  );
  const keys = all ? null : local('keys', `${combiner}.keys`);
  const times =
    windows.kind === 'sessions'
      ? [0, 1].map(n =>
          local(['firsts', 'lasts'][n]!, `${combiner}.columns[${columns.length + n}] as Float64Array`),
        )
      : // Without keys a call is due whenever the slice is not known; with them, processing time has one slice only.
        all || windows.time === 'event'
        ? [local('from', `${combiner}.from`), local('to', `${combiner}.to`)]
        : [];
  const records = block.hoist(`${combiner} records`, 'records', '0', true);
  const after = `${combiner}.records += ${records};`;
  if (!block.scope.afterLoop.includes(after)) block.scope.afterLoop.push(after);
  const slot = block.fresh('slot');
  // A row that is at home is not new, whatever the last call said.
  const isNew = kind === 'aggregate' ? null : block.fresh('inserted');
  if (isNew !== null) block.line(`let ${isNew} = false;`);
  block.line(`let ${slot} = ${keys ? `${writer.module.operators('homeOf')}(${key})` : '0'};`);
  const [from, to] = times.map(each => each.name);
  const within =
    windows.kind === 'sessions'
      ? `${ts} >= ${from}[${slot}]! && ${ts} <= ${to}[${slot}]!`
      : `${ts} >= ${from} && ${ts} < ${to}`;
  const unknown = [
    ...(keys ? [`${keys.name}[${slot}] !== ${key}`] : []),
    ...(times.length > 0 ? [`!(${within})`] : []),
  ];
  block.line(`if (${unknown.join(' || ')}) {`);
  let call = block.nested();
  if (windows.kind === 'sessions') {
    // Times of one key mostly rise, but many records have the same: those are done with one comparison less.
    const last = `${to}[${slot}]`;
    const isNext = `${ts} > ${last}! && ${ts} <= ${last}! + ${windows.gap}`;
    call.line(`if (${keys!.name}[${slot}] === ${key} && ${isNext}) ${last} = ${ts};`);
    call.line('else {');
    call = call.nested();
  }
  call.line(`${slot} = ${combiner}.slot(${key}, ${ts});`);
  for (const { name, part } of [...cells, ...(keys ? [keys] : []), ...times]) call.line(`${name} = ${part};`);
  const inserted = `${combiner}.inserted`;
  const row = new AccumulatorRow(writer, combiner, slot, columns, contents, {
    columns: cells.map(cell => cell.name),
    inserted: isNew ?? inserted,
  });
  if (isNew !== null) call.line(`${isNew} = ${inserted};`);
  start(call, row);
  if (windows.kind === 'sessions') block.nested().line('}');
  block.line('}');
  block.line(`${records}++;`);
  return row;
}

/** The record with a value of its own for every column, read where it is first needed. */
function inColumns(record: Sym, columns: AccumulatorColumns, schema: Sym['schema']): Sym {
  const struct = structOf(schema);
  if (columns[0]!.name === null || !struct) return record;
  const fields = columns.map(({ name, schema: of }): readonly [string, Sym] => {
    const known = record.kind === 'struct' ? record.fields.get(name!) : undefined;
    if (known) return [name!, known];
    const leaf: Leaf = {
      hint: name!,
      name: null,
      read: block => readPath(block, record, [name!], 'all', neverAbsent),
      column: null,
    };
    return [name!, { kind: 'leaf', leaf, schema: fieldSchema(schema, name!) ?? of }];
  });
  return { kind: 'struct', schema: struct, fields: new Map(fields), presence: null };
}

function isNumber({ kind }: Schema): boolean {
  return kind === 'float64' || kind === 'int32' || kind === 'timestamp';
}

function sliceBounds({ size, slide, offset }: SlicedWindows): string {
  return `size: ${size}, slide: ${slide}, offset: ${offset}`;
}
