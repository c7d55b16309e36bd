/**
 * Flink hands every chained operator a copy of the record unless told otherwise. Here most records are scalars, and an
 * object is copied only where somebody could notice that it is shared: one side may change it while another still reads it.
 */
import type { LoweredProgram, Op } from '../ir/index.js';
import type { Draft, DraftOp, Pass } from './draft.js';
import { opById, replaceOps } from './draft.js';
import { loweredOf } from './input-demand.js';

export const elideCopies: Pass = {
  name: 'elide-copies',
  run: draft =>
    replaceOps(draft, op => {
      const copyOutput = needsCopy(draft, op);
      return copyOutput === op.copyOutput ? op : { ...op, copyOutput };
    }),
};

function needsCopy(draft: Draft, op: DraftOp): boolean {
  const consumers = draft.edges
    .filter(e => e.from === op.op.id && e.sideOutput === null)
    .map(e => opById(draft, e.to).op);
  const changed = consumers.some(c => passesThrough(c, draft, mutatesInput));
  if (!changed)
    return (
      keepsOutput(op.op, draft.program) === 'and changes it' &&
      consumers.some(c => passesThrough(c, draft, retainsInput))
    );
  return consumers.length > 1 || keepsOutput(op.op, draft.program) !== 'no';
}

/** Filters and the like hand on the very object they were given. */
function passesThrough(op: Op, draft: Draft, test: (op: Op, program: LoweredProgram) => boolean): boolean {
  if (test(op, draft.program)) return true;
  if (!forwardsInput(op, draft.program)) return false;
  return draft.edges.some(e => e.from === op.id && passesThrough(opById(draft, e.to).op, draft, test));
}

function forwardsInput(op: Op, program: LoweredProgram): boolean {
  if (op.kind === 'filter' || op.kind === 'assignTimestamps' || op.kind === 'project') return true;
  // A map may return its argument or part of it.
  return op.kind === 'map' && loweredOf(op.fn, 'map', program)?.inline?.result.kind !== 'expression';
}

const methods: Partial<Record<Op['kind'], readonly string[]>> = {
  map: ['map'],
  filter: ['filter'],
  flatMap: ['flatMap'],
  process: ['processElement'],
  reduce: ['reduce'],
  coMap: ['map1', 'map2'],
  coFlatMap: ['flatMap1', 'flatMap2'],
  coProcess: ['processElement1', 'processElement2'],
  broadcastProcess: ['processElement', 'processBroadcastElement'],
};

function userFunction(op: Op): Extract<Op, { kind: 'map' }>['fn'] | null {
  return 'fn' in op ? op.fn : null;
}

function mutatesInput(op: Op, program: LoweredProgram): boolean {
  return someMethod(op, program, fn => fn.mutates.slice(0, 2).some(Boolean));
}
function retainsInput(op: Op, program: LoweredProgram): boolean {
  if (op.kind === 'sink') return true; // writers buffer
  return someMethod(op, program, fn => fn.retains.slice(0, 2).some(Boolean));
}
function someMethod(
  op: Op,
  program: LoweredProgram,
  test: (fn: { readonly mutates: readonly boolean[]; readonly retains: readonly boolean[] }) => boolean,
): boolean {
  const names = methods[op.kind];
  const fn = userFunction(op);
  if (fn === null) return false;
  if (fn.t === 'global') return false;
  return (names ?? ['']).some(name => {
    const lowered = loweredOf(fn, name, program);
    return lowered === null || test(lowered);
  });
}

/** Whether the operator still holds what it emitted: accumulators in state, objects kept in fields. */
function keepsOutput(op: Op, program: LoweredProgram): 'no' | 'yes' | 'and changes it' {
  switch (op.kind) {
    case 'source':
    case 'map':
    case 'filter':
    case 'project':
    case 'assignTimestamps':
    case 'union':
    case 'sink':
      return 'no';
    case 'reduce':
      return mutatesInput(op, program) ? 'and changes it' : 'yes';
    case 'rollingAggregate':
      return 'yes';
    default:
      return someMethod(op, program, fn => fn.retains.some(Boolean) || fn.mutates.some(Boolean))
        ? 'and changes it'
        : 'yes';
  }
}
