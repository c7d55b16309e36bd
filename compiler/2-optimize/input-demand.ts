/** What one operator reads of its input when `demand` is read of its output. */
import type { FieldAggregation, LoweredFn, LoweredProgram, Op, Usage, Value } from '../ir/index.js';
import {
  fieldUsage,
  joinUsage,
  labelFilter,
  evaluatedReads,
  resultDemand,
  sameUsage,
  unreachable,
  usageAtPath,
} from '../ir/index.js';
import { strategyParts } from '../ir/strategy.js';
import { hasOpaqueCode, functionsIn } from './user-functions.js';

export function inputDemand(op: Op, input: number, demand: Usage, program: LoweredProgram): Usage {
  switch (op.kind) {
    case 'source':
      return 'none';
    case 'map':
      return readsOf(op.fn, 'map', 0, demand, program);
    case 'filter':
      return joinUsage(demand, readsOf(op.fn, 'filter', 0, 'all', program));
    case 'flatMap':
      return readsOf(op.fn, 'flatMap', 0, 'all', program);
    case 'project':
      return onlyFields(demand, op.fields);
    case 'assignTimestamps':
      return joinUsage(demand, strategyReads(op.strategy, program));
    case 'union':
      return demand;
    case 'process':
      return readsOf(op.fn, 'processElement', 0, 'all', program);
    case 'reduce':
      return reduceDemand(op.fn, demand, program);
    case 'rollingAggregate':
      return joinUsage(demand, usageOfAggregation(op.aggregation));
    case 'coMap':
    case 'coFlatMap':
    case 'coProcess':
      return readsOf(op.fn, coMethod(op.kind, input), 0, 'all', program);
    case 'broadcastProcess':
      return readsOf(op.fn, input === 0 ? 'processElement' : 'processBroadcastElement', 0, 'all', program);
    case 'window':
      return joinUsage(windowFunctionDemand(op, demand, program), windowingReads(op.window, program));
    case 'coGroup':
      return joinUsage(elementReads(op.fn, 'coGroup', input, program), windowingReads(op.window, program));
    case 'windowJoin':
      return joinUsage(readsOf(op.fn, 'join', input, demand, program), windowingReads(op.window, program));
    case 'intervalJoin':
      return readsOf(op.fn, 'processElement', input, demand, program);
    case 'asyncWait':
      return asyncDemand(op.fn, program);
    case 'fullWindowPartition':
      return partitionDemand(op, demand, program);
    case 'sink':
      return sinkDemand(op, program);
    default:
      return unreachable(op);
  }
}

function coMethod(kind: 'coMap' | 'coFlatMap' | 'coProcess', input: number): string {
  const base = kind === 'coMap' ? 'map' : kind === 'coFlatMap' ? 'flatMap' : 'processElement';
  return `${base}${input + 1}`;
}

/** The function itself, or the method of an object that implements the function's interface. */
export function loweredOf(value: Value, method: string, program: LoweredProgram): LoweredFn | null {
  const direct = program.functions.get(value);
  if (direct) return direct;
  const named = program.methods.get(value)?.[method];
  return named ?? null;
}

/** Parts of one parameter that a call reads, when `demand` is read of what it returns. */
export function readsOf(
  value: Value,
  method: string,
  param: number,
  demand: Usage,
  program: LoweredProgram,
): Usage {
  const label = labelFilter(value);
  if (label) return readsOf(label.labelOf, method, param, demand, program);
  const fn = loweredOf(value, method, program);
  if (!fn) return value.t === 'global' && value.name === 'Boolean' ? { fields: {} } : 'all';
  // a value that is kept for later (in state, in a capture) or handed on counts as read whole, its siblings do not
  const always = usageOf(fn, param);
  return fn.inline
    ? joinUsage(always, resultDemand(fn.inline.result, demand, fn.inline.params)[param] ?? 'none')
    : always;
}

/** What a function reads of the elements of an iterable it is given. */
function elementReads(value: Value, method: string, param: number, program: LoweredProgram): Usage {
  const fn = loweredOf(value, method, program);
  return fn ? (fn.elements[param] ?? usageOf(fn, param)) : 'all';
}

/** Functions may take fewer parameters than they are given; the last may be a rest parameter, which is read whole. */
function usageOf(fn: LoweredFn, param: number): Usage {
  return fn.usage[param] ?? (fn.usage.at(-1) === 'all' ? 'all' : 'none');
}

/** Functions inside a strategy, assigner or trigger that get the record as their first parameter. */
function readsOfParts(value: Value, program: LoweredProgram): Usage {
  if (hasOpaqueCode(value, program)) return 'all';
  return functionsIn(value, program).reduce<Usage>(
    (usage, fn) =>
      joinUsage(
        usage,
        joinUsage(
          usageOf(fn, 0),
          fn.inline ? (resultDemand(fn.inline.result, 'all', fn.inline.params)[0] ?? 'none') : 'none',
        ),
      ),
    'none',
  );
}

/** A strategy reads records in its timestamp assigner and in a generator of the user's, which is not followed. */
export function strategyReads(strategy: Value, program: LoweredProgram): Usage {
  return strategyParts(strategy).generator === 'custom' ? 'all' : readsOfParts(strategy, program);
}

function windowingReads(window: Extract<Op, { kind: 'window' }>['window'], program: LoweredProgram): Usage {
  return [window.assigner, window.trigger, window.evictor].reduce<Usage>(
    (usage, value) => (value === null ? usage : joinUsage(usage, readsOfParts(value, program))),
    // A late record leaves whole.
    window.lateTag === null ? 'none' : 'all',
  );
}

function onlyFields(demand: Usage, names: readonly string[]): Usage {
  const fields: Record<string, Usage> = {};
  for (const name of names) {
    const part = fieldUsage(demand, name);
    if (part !== 'none') fields[name] = part;
  }
  return { fields };
}

function usageOfAggregation(aggregation: FieldAggregation): Usage {
  return usageAtPath(aggregation.field, 'all');
}

/**
 * What is reduced is reduced again: the parts that decide the demanded parts, until nothing is added. The function may be
 * called instead of pasted, and then computes its whole result.
 */
function reduceDemand(fn: Value, demand: Usage, program: LoweredProgram): Usage {
  const inline = loweredOf(fn, 'reduce', program)?.inline;
  const evaluated = inline ? evaluatedReads(inline.result, inline.params) : [];
  let reached = evaluated.reduce(joinUsage, demand);
  for (;;) {
    const next = joinUsage(
      reached,
      joinUsage(readsOf(fn, 'reduce', 0, reached, program), readsOf(fn, 'reduce', 1, reached, program)),
    );
    if (sameUsage(next, reached)) return next;
    reached = next;
  }
}

function windowFunctionDemand(
  op: Extract<Op, { kind: 'window' }>,
  demand: Usage,
  program: LoweredProgram,
): Usage {
  const fn = op.function;
  switch (fn.kind) {
    case 'reduce':
      return reduceDemand(
        fn.reduce,
        fn.window === null ? demand : windowElements(fn.window, op.all, program),
        program,
      );
    case 'aggregate':
      return readsOf(fn.aggregate, 'add', 0, 'all', program);
    case 'process':
    case 'apply':
      return windowElements(fn.window, op.all, program);
    case 'field':
      return joinUsage(demand, usageOfAggregation(fn.aggregation));
    default:
      return unreachable(fn);
  }
}

/** process(key, context, elements, out) and apply(key, window, elements, out); without the key for windowAll. */
function windowElements(fn: Value, all: boolean, program: LoweredProgram): Usage {
  const method = ['process', 'apply'].find(name => loweredOf(fn, name, program) !== null);
  return method === undefined ? 'all' : elementReads(fn, method, all ? 1 : 2, program);
}

/** A request that takes too long gets its input once more. */
function asyncDemand(fn: Value, program: LoweredProgram): Usage {
  const invoked = readsOf(fn, 'asyncInvoke', 0, 'all', program);
  return loweredOf(fn, 'timeout', program)
    ? joinUsage(invoked, readsOf(fn, 'timeout', 0, 'all', program))
    : invoked;
}

function partitionDemand(
  { operation, fn }: Extract<Op, { kind: 'fullWindowPartition' }>,
  demand: Usage,
  program: LoweredProgram,
): Usage {
  switch (operation) {
    case 'mapPartition':
      return elementReads(fn, 'mapPartition', 0, program);
    case 'sortPartition':
      return joinUsage(demand, readsOf(fn, 'getKey', 0, 'all', program));
    case 'aggregate':
      return readsOf(fn, 'add', 0, 'all', program);
    case 'reduce':
      return reduceDemand(fn, demand, program);
    default:
      return unreachable(operation);
  }
}

/** What the sink said it reads, and what functions read that were given to one of flinkc's. */
function sinkDemand({ sink, fields }: Extract<Op, { kind: 'sink' }>, program: LoweredProgram): Usage {
  if (fields === undefined) return 'all';
  const declared: Usage = { fields: Object.fromEntries(fields.map(name => [name, 'all'])) };
  return sink.t === 'api' ? joinUsage(declared, readsOfParts(sink, program)) : declared;
}
