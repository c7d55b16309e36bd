/**
 * The loop that fires a window of accumulators for all its keys: what the aggregation makes of each, the window function
 * and what comes after it, pasted over the columns. No window, no array and no record is made per key.
 */
import type { Usage } from '../../ir/index.js';
import { fieldUsage } from '../../ir/index.js';
import type { AccumulatorColumns } from '../../ir/accumulator-columns.js';
import type { Schema } from '../../../plugins/api/index.js';
import { Block } from '../block.js';
import type { Lines } from '../code.js';
import { applyFunction, pasteStatements, recordArgument } from '../lambda.js';
import { loweredMethod } from '../library-operator.js';
import { arrayTypes } from '../outputs.js';
import { materialise, named, type Leaf, type StructSchema, type Sym } from '../record.js';
import { typeOf } from '../types.js';
import { AccumulatorRow } from './accumulator.js';
import type { WindowSite } from './window-parts.js';

const number: Schema = { kind: 'float64' };
const bounds: StructSchema = {
  kind: 'struct',
  fields: ['start', 'end'].map(name => ({ name, schema: number, optional: false })),
};
const contextSchema: StructSchema = {
  kind: 'struct',
  fields: [{ name: 'window', schema: bounds, optional: false }],
};

/**
 * Declares `function fire0(rows, start, end)`; null when the window function has to be called as it is: it has state or a
 * life of its own, or wants more of its context than the bounds of the window.
 * @param after goes on with a record where operators follow in this task
 */
export function fireFunction(
  site: WindowSite,
  columns: AccumulatorColumns,
  accumulator: Schema,
  after: string,
): string | null {
  if (!isPasted(site)) return null;
  const { writer, planOp, index, op } = site;
  const { module } = writer;
  const name = module.names.fresh(`fire${index}`);
  const lines = writer.functions.part();
  lines.origin = op.origin;
  const head: Lines = lines.part();
  const prelude: Lines = lines.part();
  const scope = writer.function({ prelude: { lines: prelude, indent: 3 }, hoistOutputs: true });
  const local = (hint: string): string => scope.names.fresh(hint);
  const [fired, start, end, row] = [local('fired'), local('start'), local('end'), local('row')];
  head.add(
    2,
    `function ${name}(${fired}: ${module.operatorsType('FiredRows')}<any>, ${start}: number, ${end}: number): void {`,
  );
  lines.add(3, 'try {');
  const loop: Lines = lines.part();
  const block = new Block(scope, lines, 5, 'continue');
  const keys = block.hoist('keys', 'keys', `${fired}.keys`);
  const size = block.hoist('size', 'size', `${keys}.size`);
  const due = block.hoist('due', 'due', `${fired}.due`);
  loop.add(4, `for (let ${row} = 0; ${row} < ${size}; ${row}++) {`);
  block.line(`if (${due} !== null && ${due}[${row}] !== 1) continue;`);
  const cells = columns.map(({ name: field, kind }, at) =>
    block.hoist(
      `accumulator ${at}`,
      `${field ?? 'accumulator'}s`,
      `${fired}.columns[${at}] as ${arrayTypes[kind]}`,
    ),
  );
  const held = new AccumulatorRow(writer, fired, row, columns, accumulator, {
    columns: cells,
    inserted: 'false',
  });
  const timestamp: Leaf = {
    hint: 'ts',
    name: block.hoist('timestamp', 'ts', `${end} - 1`),
    read: null,
    column: 'float64',
  };
  const { ops } = writer.consumers(index, null);
  const output = planOp.types.output!;
  const goOn = (value: Sym, inner: Block): void => {
    if (ops.length === 0) writer.emit(index, value, timestamp, inner);
    else inner.line(`${after}(${recordArgument(inner, value, 'all', true)}, ${timestamp.name!});`);
  };
  paste(
    site,
    { block, accumulator: held.read(), key: `${keys}.keyAt(${row})`, start, end },
    ops.length === 0 ? planOp.demand : 'all',
    output,
    goOn,
  );
  lines.add(4, '}');
  for (const line of scope.afterLoop) lines.add(4, line);
  lines.add(3, '} catch (error) {');
  lines.add(4, `throw ${module.contract('operatorFailure')}(error, ${index}, -1);`);
  lines.add(3, '}');
  lines.add(2, '}');
  return name;
}

interface FiredRow {
  readonly block: Block;
  readonly accumulator: Sym;
  /** expressions */
  readonly key: string;
  readonly start: string;
  readonly end: string;
}

function paste(
  { writer, op, planOp, index }: WindowSite,
  { block, accumulator, key, start, end }: FiredRow,
  demand: Usage,
  output: Schema,
  goOn: (value: Sym, block: Block) => void,
): void {
  const fn = op.function;
  const window = 'window' in fn ? fn.window : null;
  const result =
    fn.kind === 'aggregate'
      ? applyFunction(
          { writer, block, fn: fn.aggregate, method: 'getResult', hint: 'result', args: [accumulator] },
          window === null ? output : { kind: 'json' },
          window === null ? demand : 'all',
        )
      : accumulator;
  if (window === null) return goOn(result, block);
  const keyType = planOp.types.key ?? { kind: 'int32' };
  const keySym: Sym = {
    kind: 'leaf',
    leaf: { hint: 'key', name: null, read: () => `${key} as ${typeOf(keyType)}`, column: null },
    schema: keyType,
  };
  const elements = loweredMethod(writer, window, 'process')!.elementsByPosition
    ? byPosition(result)
    : inArray(result);
  const hint = op.name ?? 'window';
  const args = [...(op.all ? [] : [keySym]), windowContext(start, end), elements];
  const application = { writer, block, fn: window, method: 'process', hint, args };
  if (!pasteStatements(application, output, demand, goOn, ''))
    throw new Error(`compiler bug: window function of operator ${index} cannot be pasted`);
}

function byPosition(element: Sym): Sym {
  const schema: StructSchema = {
    kind: 'struct',
    fields: [{ name: '0', schema: element.schema, optional: false }],
  };
  return { kind: 'struct', schema, fields: new Map([['0', element]]), presence: null };
}

function inArray(element: Sym): Sym {
  const read = (block: Block): string => `[${materialise(block, element, 'all')}]`;
  const leaf: Leaf = { hint: 'elements', name: null, read, column: null };
  return { kind: 'leaf', leaf, schema: { kind: 'list', of: element.schema } };
}

/** What a window function sees of its context: `{ window: { start, end } }`. */
function windowContext(start: string, end: string): Sym {
  const window: Sym = {
    kind: 'struct',
    schema: bounds,
    fields: new Map([
      ['start', named(start, number)],
      ['end', named(end, number)],
    ]),
    presence: null,
  };
  return { kind: 'struct', schema: contextSchema, fields: new Map([['window', window]]), presence: null };
}

function isPasted({ writer, op, planOp }: WindowSite): boolean {
  const fn = op.function;
  if (fn.kind === 'process' || fn.kind === 'apply') return false;
  const window = fn.kind === 'field' ? null : fn.window;
  if (window === null) return true;
  if (window.t !== 'function' || planOp.states.length > 1) return false;
  const lowered = loweredMethod(writer, window, 'process');
  const emits = lowered?.statements?.filter(({ kind }) => kind === 'emit') ?? [];
  return emits.length === 1 && readsBoundsOnly(lowered!.usage[op.all ? 0 : 1] ?? 'none');
}

function readsBoundsOnly(context: Usage): boolean {
  if (context === 'none') return true;
  if (context === 'all') return false;
  const window = fieldUsage(context, 'window');
  if (Object.keys(context.fields).some(name => name !== 'window') || window === 'all') return false;
  return window === 'none' || Object.keys(window.fields).every(name => name === 'start' || name === 'end');
}
