/** Mistakes that only the graph as a whole shows. Everything is checked, so that one build reports all of them. */
import { diagnose } from '../diagnostics/diagnose.js';
import type { DiagnosticLog } from '../diagnostics/diagnostic.js';
import type { Op, OpId, Value, WindowSpec } from '../ir/index.js';
import type { Draft, DraftOp } from './draft.js';
import { opById } from './draft.js';

export function validate(draft: Draft, log: DiagnosticLog): void {
  checkUids(draft, log);
  for (const op of draft.ops) {
    checkKeyedState(draft, op, log);
    checkTimers(draft, op, log);
    checkEventTime(draft, op, log);
    checkReaders(draft, op, log);
    checkSideOutputs(draft, op, log);
  }
}

function checkUids(draft: Draft, log: DiagnosticLog): void {
  const owners = new Map<string, DraftOp>();
  for (const op of draft.ops) {
    if (op.op.kind === 'union') continue;
    const first = owners.get(op.uidHash);
    if (!first) owners.set(op.uidHash, op);
    else {
      log.add(
        diagnose('FC2120', { first: first.displayName, second: op.displayName, uid: op.uid }, op.op.origin, {
          notes: [{ text: `'${first.displayName}' is here`, at: first.op.origin }],
        }),
      );
    }
  }
}

const keyedStates: ReadonlySet<string> = new Set(['value', 'list', 'map', 'reducing', 'aggregating']);

function checkKeyedState(draft: Draft, op: DraftOp, log: DiagnosticLog): void {
  if (isKeyed(draft, op) || (op.op.kind === 'window' && op.op.all)) return;
  const builtIn = op.op.kind === 'reduce' || op.op.kind === 'rollingAggregate' || op.op.kind === 'window';
  const state = op.states.find(s => keyedStates.has(s.kind));
  if (!state && !builtIn) return;
  const from = draft.edges.find(e => e.to === op.op.id);
  const notes = [
    ...(state?.at ? [{ text: `state '${state.name}' is declared here`, at: state.at }] : []),
    ...(from
      ? [
          {
            text: `input comes from '${opById(draft, from.from).displayName}'`,
            at: opById(draft, from.from).op.origin,
          },
        ]
      : []),
  ];
  log.add(diagnose('FC2104', { op: methodOf(op.op) }, op.op.origin, { notes }));
}

function checkTimers(draft: Draft, op: DraftOp, log: DiagnosticLog): void {
  if (isKeyed(draft, op)) return;
  if (op.op.kind !== 'process' && op.op.kind !== 'coProcess' && op.op.kind !== 'broadcastProcess') return;
  if (!hasMethod(draft, op.op.fn, 'onTimer')) return;
  log.add(diagnose('FC2124', { op: op.displayName, method: methodOf(op.op) }, op.op.origin));
}

function hasMethod(draft: Draft, fn: Value, name: string): boolean {
  return (
    draft.program.methods.get(fn)?.[name] !== undefined ||
    (fn.t === 'object' && fn.entries.some(([entry]) => entry === name))
  );
}

/** Method of the API that made the operator. */
function methodOf(op: Op): string {
  switch (op.kind) {
    case 'rollingAggregate':
      return op.aggregation.function;
    case 'coMap':
      return 'map';
    case 'coFlatMap':
      return 'flatMap';
    case 'coProcess':
    case 'broadcastProcess':
      return 'process';
    default:
      return op.kind;
  }
}

function isKeyed(draft: Draft, op: DraftOp): boolean {
  return draft.edges.some(e => e.to === op.op.id && e.partition.kind === 'hash');
}

function checkEventTime(draft: Draft, op: DraftOp, log: DiagnosticLog): void {
  if (!needsEventTime(op)) return;
  if (draft.graph.settings.runtimeMode === 'BATCH') return;
  const silent = draft.edges.filter(e => e.to === op.op.id).find(e => !hasWatermarks(draft, e.from));
  if (!silent) return;
  const origin = silentOrigin(draft, silent.from);
  const notes = [{ text: `'${origin.displayName}' has no watermarks`, at: origin.op.origin }];
  log.add(
    diagnose(op.op.kind === 'intervalJoin' ? 'FC2126' : 'FC2121', { op: op.displayName }, op.op.origin, {
      notes,
    }),
  );
}

/** Whether the operator does nothing, or never lets go of records, without watermarks. */
export function needsEventTime({ op }: DraftOp): boolean {
  if (op.kind === 'intervalJoin') return true;
  const window = op.kind === 'window' || op.kind === 'coGroup' || op.kind === 'windowJoin' ? op.window : null;
  return window !== null && firesOnEventTime(window);
}

/** Built-in assigners say in their name which time they go by; assigners of the user's may do as they like. */
function firesOnEventTime(window: WindowSpec): boolean {
  return window.trigger === null && window.assigner.t === 'api' && /EventTime/.test(window.assigner.name);
}

function hasWatermarks(draft: Draft, id: OpId): boolean {
  const { op } = opById(draft, id);
  if (op.kind === 'source') return op.watermarks !== null && makesWatermarks(op.watermarks);
  if (op.kind === 'assignTimestamps') return makesWatermarks(op.strategy);
  // The watermark is the minimum over all inputs: one without holds back the others.
  return draft.edges.filter(e => e.to === id).every(e => hasWatermarks(draft, e.from));
}

/** The operator because of which no watermark comes from `id`. */
function silentOrigin(draft: Draft, id: OpId): DraftOp {
  const op = opById(draft, id);
  if (op.op.kind === 'source' || op.op.kind === 'assignTimestamps') return op;
  const silent = draft.edges.find(e => e.to === id && !hasWatermarks(draft, e.from));
  return silent ? silentOrigin(draft, silent.from) : op;
}

function makesWatermarks(strategy: Value): boolean {
  const entry = (of: Value | undefined, name: string): Value | undefined =>
    of?.t === 'object' ? of.entries.find(([key]) => key === name)?.[1] : undefined;
  const kind = entry(entry(strategy.t === 'api' ? strategy.args[0] : strategy, 'generator'), 'kind');
  return !(kind?.t === 'primitive' && kind.value === 'none');
}

function checkReaders(draft: Draft, op: DraftOp, log: DiagnosticLog): void {
  if (op.op.kind === 'sink' || op.op.kind === 'union') return;
  if (draft.edges.some(e => e.from === op.op.id)) return;
  log.add(diagnose('FC2125', { op: op.displayName }, op.op.origin));
}

/** Operators whose functions are given nothing to emit with but their result. */
const withoutSideOutputs: Readonly<Partial<Record<Op['kind'], string>>> = {
  source: 'source',
  map: 'map',
  filter: 'filter',
  flatMap: 'flatMap',
  project: 'projection',
  assignTimestamps: 'timestamp assigner',
  reduce: 'reduce',
  rollingAggregate: 'rolling aggregation',
  coMap: 'co-map',
  coFlatMap: 'co-flat-map',
  asyncWait: 'request',
  fullWindowPartition: 'full-window partition',
};

function checkSideOutputs(draft: Draft, op: DraftOp, log: DiagnosticLog): void {
  const kind = withoutSideOutputs[op.op.kind];
  if (kind === undefined) return;
  for (const { sideOutput, from, to } of draft.edges) {
    if (from !== op.op.id || sideOutput === null) continue;
    if (op.op.kind === 'source' && sideOutput === 'dead-letters') continue;
    const reader = opById(draft, to);
    const notes = [{ text: `'${op.displayName}' is here`, at: op.op.origin }];
    log.add(diagnose('FC2127', { tag: sideOutput, op: op.displayName, kind }, reader.op.origin, { notes }));
  }
}
