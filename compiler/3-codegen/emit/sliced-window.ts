/**
 * Reduce and aggregate in tumbling or sliding event-time windows with the default trigger: windows are cut into slices,
 * and the user's `add` is pasted over the columns of the slice, so that a record makes no object.
 */
import type { ColumnKind, Schema } from '../../../plugins/api/index.js';
import type { LoweredFn, Value } from '../../ir/index.js';
import { columnKind } from '../../ir/batch-layout.js';
import type { CodeLike } from '../code.js';
import { applyFunction, recordArgument } from '../lambda.js';
import {
  code,
  functionValue,
  keyTypeOf,
  libraryOperator,
  loweredMethod,
  ownState,
  spec,
  stateSpecs,
} from '../library-operator.js';
import { literal } from '../module.js';
import { arrayTypes } from '../outputs.js';
import type { Leaf, Sym } from '../record.js';
import { materialise, structOf } from '../record.js';
import { CONTENTS, reduction, windowFunction, type WindowSite } from './window-parts.js';

export interface Slices {
  readonly size: number;
  readonly slide: number;
  readonly offset: number;
}

/** A window of many slices would merge them all when it fires: then one accumulator per window is cheaper. */
const maxSlicesPerWindow = 100;

/** The slices of a window operator, or null when it needs the general one. */
export function sliced(site: WindowSite): Slices | null {
  const { window, function: fn } = site.op;
  if (window.trigger !== null || window.evictor !== null || fn.kind === 'process' || fn.kind === 'apply')
    return null;
  const slices = slicesOf(window.assigner);
  if (!slices || slices.size / greatestCommonDivisor(slices.size, slices.slide) > maxSlicesPerWindow)
    return null;
  // Only overlapping windows merge accumulators; many aggregates say they cannot.
  if (slices.slide !== slices.size && fn.kind === 'aggregate' && !mergeIsUsable(site, fn.aggregate))
    return null;
  return slices;
}

function slicesOf(assigner: Value): Slices | null {
  if (assigner.t !== 'api' || assigner.module !== 'flinkc') return null;
  const numbers = assigner.args.map(arg =>
    arg.t === 'primitive' && Number.isSafeInteger(arg.value) ? (arg.value as number) : null,
  );
  if (assigner.name === 'TumblingEventTimeWindows') {
    const [size, offset = 0] = numbers;
    const stagger = assigner.args[2];
    if (stagger?.t === 'primitive' && stagger.value !== 'ALIGNED') return null;
    return isNumber(size) && isNumber(offset) ? { size, slide: size, offset } : null;
  }
  if (assigner.name === 'SlidingEventTimeWindows') {
    const [size, slide, offset = 0] = numbers;
    return isNumber(size) && isNumber(slide) && isNumber(offset) ? { size, slide, offset } : null;
  }
  return null;
}

function isNumber(value: number | null | undefined): value is number {
  return value !== null && value !== undefined;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** The text of merge is there and does not begin by refusing. */
function mergeIsUsable(site: WindowSite, aggregate: Value): boolean {
  const merge = site.writer.module.program.methods.get(aggregate)?.['merge'];
  if (!merge) return false;
  if (merge.inline) return true;
  return merge.lifted !== null && !merge.lifted.some(f => f.kind === 'text' && /\bthrow\b/.test(f.text));
}

export function emitSlicedWindow(site: WindowSite, slices: Slices): void {
  const { writer, op, block, key } = site;
  const fn = op.function;
  const state = site.planOp.states.find(s => s.name === CONTENTS)!;
  const columns = columnsOf(state.value);
  const aggregation = (): CodeLike =>
    fn.kind === 'aggregate'
      ? code("{ kind: 'aggregate', aggregate: ", functionValue(writer, fn.aggregate, 'aggregate'), ' }')
      : code(
          "{ kind: 'reduce', reduce: ",
          reduction(site, fn as Extract<typeof fn, { kind: 'reduce' | 'field' }>),
          ' }',
        );
  const name = libraryOperator(
    site,
    'SlicedWindowAggregate',
    () =>
      spec(
        ['key', keyTypeOf(site)],
        ['size', String(slices.size)],
        ['slide', String(slices.slide)],
        ['offset', String(slices.offset)],
        ['allowedLateness', String(op.window.allowedLateness)],
        ['lateTag', JSON.stringify(op.window.lateTag)],
        ['aggregation', aggregation()],
        ['columns', columnsCode(site, columns)],
        ['state', ownState(site, CONTENTS)],
        ['function', windowFunction(site)],
        ['states', stateSpecs(site, [CONTENTS])],
      ),
    { keyEnd: true },
  );
  const update = inlineUpdate(site, columns);
  if (!update) {
    block.line(
      `${name}.processElement(${recordArgument(block, site.record, 'all', true)}, ${writer.timestampOf(site)}, ${key});`,
    );
    return;
  }
  const ts = writer.timestampOf(site);
  const slot = block.declare('slot', `${name}.slot(${key}, ${ts})`);
  block.line(`if (${slot} < 0) {`);
  const late = block.nested();
  late.line(
    `${name}.skip(${op.window.lateTag === null ? 'undefined' : recordArgument(late, site.record, 'all', true)}, ${ts});`,
  );
  block.line('} else {');
  update({ ...site, block: block.nested() }, name, slot);
  block.line('}');
}

interface Column {
  /** null: the accumulator itself */
  readonly name: string | null;
  readonly kind: ColumnKind;
  readonly schema: Schema;
}

/** One column per field of a flat struct, else one for the whole accumulator. */
function columnsOf(schema: Schema): readonly Column[] {
  if (
    schema.kind === 'struct' &&
    !schema.classRef &&
    schema.fields.length > 0 &&
    schema.fields.every(f => !f.optional && columnKind(f.schema) !== 'object')
  ) {
    return schema.fields.map(f => ({ name: f.name, kind: columnKind(f.schema), schema: f.schema }));
  }
  return [{ name: null, kind: columnKind(schema), schema }];
}

function columnsCode(site: WindowSite, columns: readonly Column[]): string {
  const { module } = site.writer;
  const first = columns[0]!;
  if (first.name === null) return `${module.operators('singleColumn')}(${JSON.stringify(first.kind)})`;
  return `${module.operators('structColumns')}<any>(${literal(columns.map(({ name, kind }) => ({ name, kind })))})`;
}

type Update = (site: WindowSite, operator: string, slot: string) => void;

/** Code that adds the record to the columns in place; null when the function must be called. */
function inlineUpdate(site: WindowSite, columns: readonly Column[]): Update | null {
  const fn = site.op.function;
  switch (fn.kind) {
    case 'aggregate': {
      const add = loweredMethod(site.writer, fn.aggregate, 'add');
      return add && settles(add, columns)
        ? (at, op, slot) => updateWith(at, op, slot, columns, fn.aggregate, 'add', acc => [at.record, acc])
        : null;
    }
    case 'reduce': {
      const reduce = loweredMethod(site.writer, fn.reduce, 'reduce');
      if (!reduce || !settles(reduce, columns) || !decomposed(site.record, columns)) return null;
      return (at, op, slot) =>
        firstOr(at, op, slot, columns, inner =>
          updateWith(inner, op, slot, columns, fn.reduce, 'reduce', acc => [acc, inner.record]),
        );
    }
    case 'field':
      return fieldUpdate(site, columns);
    default:
      return null;
  }
}

/** The function's text gives every column its new value. */
function settles(fn: LoweredFn, columns: readonly Column[]): boolean {
  const result = fn.inline?.result;
  if (!result) return false;
  if (columns[0]!.name === null) return result.kind !== 'struct' && columns[0]!.kind !== 'object';
  return result.kind === 'struct' || (result.kind === 'path' && result.path.length === 0);
}

function decomposed(record: Sym, columns: readonly Column[]): boolean {
  return columns[0]!.name === null
    ? true
    : record.kind === 'struct' && columns.every(c => record.fields.has(c.name!));
}

/** The accumulator as it stands in the columns. */
function accumulator(operator: string, slot: string, columns: readonly Column[], schema: Schema): Sym {
  const leaf = (column: Column, index: number): Leaf => ({
    hint: column.name ?? 'accumulator',
    name: null,
    read: () => `${cell(operator, index, column.kind, slot)}!${column.kind === 'bool' ? ' === 1' : ''}`,
    column: column.kind,
  });
  const struct = structOf(schema);
  if (columns[0]!.name === null || !struct) return { kind: 'leaf', leaf: leaf(columns[0]!, 0), schema };
  const fields = new Map(
    columns.map((c, i) => [c.name!, { kind: 'leaf', leaf: leaf(c, i), schema: c.schema } as const]),
  );
  return { kind: 'struct', schema: struct, fields, presence: null };
}

function cell(operator: string, index: number, kind: ColumnKind, slot: string): string {
  return `(${operator}.columns[${index}] as ${arrayTypes[kind]})[${slot}]`;
}

function updateWith(
  site: WindowSite,
  operator: string,
  slot: string,
  columns: readonly Column[],
  fn: Value,
  method: string,
  args: (acc: Sym) => readonly Sym[],
): void {
  const { writer, block } = site;
  const schema = site.planOp.states.find(s => s.name === CONTENTS)!.value;
  const acc = accumulator(operator, slot, columns, schema);
  const next = applyFunction(
    { writer, block, fn, method, hint: 'accumulator', args: args(acc) },
    schema,
    'all',
  );
  store(site, operator, slot, columns, next);
  refire(site, operator);
}

/** All values are computed before the first is stored: they may read each other's columns. */
function store(
  site: WindowSite,
  operator: string,
  slot: string,
  columns: readonly Column[],
  next: Sym,
): void {
  const { block } = site;
  const values = columns.map(column => {
    const part =
      column.name === null ? next : next.kind === 'struct' ? next.fields.get(column.name) : undefined;
    if (!part) throw new Error(`compiler bug: accumulator has no '${column.name}'`);
    const value = materialise(block, part, 'all');
    return column.kind === 'bool' ? `${value} ? 1 : 0` : value;
  });
  columns.forEach((column, index) =>
    block.line(`${cell(operator, index, column.kind, slot)} = ${values[index]!};`),
  );
}

/** A reduction starts from the first record itself. */
function firstOr(
  site: WindowSite,
  operator: string,
  slot: string,
  columns: readonly Column[],
  update: (site: WindowSite) => void,
): void {
  const { block } = site;
  block.line(`if (${operator}.inserted) {`);
  const first = { ...site, block: block.nested() };
  store(first, operator, slot, columns, site.record);
  refire(first, operator);
  block.line('} else {');
  update({ ...site, block: block.nested() });
  block.line('}');
}

function refire(site: WindowSite, operator: string): void {
  if (site.op.window.allowedLateness > 0)
    site.block.line(`if (${operator}.refires) ${operator}.refire(${site.key});`);
}

/** sum, min and max change one column; minBy and maxBy replace the record. */
function fieldUpdate(site: WindowSite, columns: readonly Column[]): Update | null {
  const fn = site.op.function;
  if (fn.kind !== 'field' || !decomposed(site.record, columns)) return null;
  const { aggregation } = fn;
  const index = columns.findIndex(c =>
    c.name === null
      ? aggregation.field.length === 0
      : aggregation.field.length === 1 && c.name === aggregation.field[0],
  );
  const column = columns[index];
  if (!column || column.kind === 'object') return null;
  return (at, operator, slot) =>
    firstOr(at, operator, slot, columns, inner => {
      const { block, record } = inner;
      const field =
        column.name === null ? record : record.kind === 'struct' ? record.fields.get(column.name)! : record;
      const value = materialise(block, field, 'all');
      const old = cell(operator, index, column.kind, slot);
      switch (aggregation.function) {
        case 'sum':
          block.line(`${old} = ${old}! + ${value};`);
          break;
        case 'min':
        case 'max':
          block.line(
            `if (${value} ${aggregation.function === 'min' ? '<' : '>'} ${old}!) ${old} = ${value};`,
          );
          break;
        case 'minBy':
        case 'maxBy': {
          const order = `${aggregation.function === 'minBy' ? '<' : '>'}${aggregation.first ? '' : '='}`;
          block.line(`if (${value} ${order} ${old}!) {`);
          store({ ...inner, block: block.nested() }, operator, slot, columns, record);
          block.line('}');
        }
      }
      refire(inner, operator);
    });
}
