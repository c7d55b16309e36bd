/** Graphs that are valid but may disappoint in a long-running job. Silent wherever that is not certain. */
import { diagnose, type DiagnoseExtra } from '../diagnostics/diagnose.js';
import type { DiagnosticLog } from '../diagnostics/diagnostic.js';
import { isSuppressedAt } from '../diagnostics/suppression.js';
import type { OpId, OpOf } from '../ir/index.js';
import { isKeyed } from './chain-operators.js';
import { parallelismOf } from './choose-exchanges.js';
import type { Draft, DraftEdge, DraftOp } from './draft.js';
import { opById } from './draft.js';
import { entryOf, isEndless, isWatchedFolder, waitsForOthers } from './source-traits.js';
import { removesState } from './state-removal.js';
import { needsEventTime } from './validate.js';

type Report = (
  code: 'FC3021' | 'FC3022' | 'FC3023',
  op: DraftOp,
  args: Readonly<Record<string, string>>,
  extra?: DiagnoseExtra,
) => void;

export function lint(draft: Draft, log: DiagnosticLog): void {
  const report: Report = (code, { op }, args, extra) => {
    const text = draft.program.sources.get(op.origin.file);
    if (text !== undefined && isSuppressedAt(text, code, op.origin.line)) return;
    log.add(diagnose(code, args, op.origin, extra));
  };
  for (const op of draft.ops) {
    checkUnboundedState(draft, op, report);
    checkConstantKey(draft, op, report);
  }
  checkIdleness(draft, report);
}

const keyedStates: ReadonlySet<string> = new Set(['value', 'list', 'map', 'reducing', 'aggregating']);

function checkUnboundedState(draft: Draft, draftOp: DraftOp, report: Report): void {
  const { op, states, displayName } = draftOp;
  if (!isKeyed(draft, draftOp) || hasFewKeys(draft, draftOp)) return;
  if (!sourcesOf(draft, op.id).every(isEndless)) return;
  if (op.kind === 'reduce' || op.kind === 'rollingAggregate') {
    const fix = 'use a window, or a KeyedProcessFunction whose state has a TTL.';
    return report('FC3021', draftOp, { op: displayName }, { fix });
  }
  const state = states.find(s => keyedStates.has(s.kind));
  if (!state || !('fn' in op) || removesState(op.fn, draft)) return;
  const notes = state.at ? [{ text: `state '${state.name}' is declared here`, at: state.at }] : [];
  report('FC3021', draftOp, { op: displayName }, { notes });
}

function hasFewKeys(draft: Draft, { op, types }: DraftOp): boolean {
  if (types.key?.kind === 'bool' || types.key?.kind === 'enum') return true;
  return draft.edges.some(e => e.to === op.id && hasConstantKey(draft, e));
}

function checkConstantKey(draft: Draft, op: DraftOp, report: Report): void {
  const parallelism = parallelismOf(draft, op);
  // The job's default may well be 1.
  if (parallelism === null || parallelism === 1) return;
  const inputs = draft.edges.filter(e => e.to === op.op.id);
  if (inputs.length === 0 || !inputs.every(e => hasConstantKey(draft, e))) return;
  const fix = 'use windowAll(...) instead of keyBy(...).window(...), or choose a key with many values.';
  const args = { op: op.displayName, parallelism: String(parallelism) };
  report('FC3022', op, args, op.op.kind === 'window' ? { fix } : {});
}

const literal = /^\s*(?:-?\d[\d._]*n?|'[^'\\]*'|"[^"\\]*"|`[^`$\\]*`|true|false|null|undefined)\s*$/;

function hasConstantKey(draft: Draft, { partition }: DraftEdge): boolean {
  if (partition.kind !== 'hash') return false;
  const inline = draft.program.functions.get(partition.key)?.inline;
  if (!inline || inline.result.kind !== 'expression') return false;
  let text = '';
  for (const part of inline.result.code) {
    if (part.kind !== 'text' && part.kind !== 'glue') return false;
    text += part.text;
  }
  return literal.test(text);
}

/** Each strategy is named once, with the first operator that waits for it. */
function checkIdleness(draft: Draft, report: Report): void {
  if (draft.graph.settings.runtimeMode === 'BATCH') return;
  const seen = new Set<OpId>();
  for (const waiting of draft.ops.filter(needsEventTime)) {
    const origins = strategiesAbove(draft, waiting.op.id);
    for (const origin of origins) {
      const cause = seen.has(origin.op.id) ? null : stallOf(draft, origin, origins.length);
      if (cause === null) continue;
      seen.add(origin.op.id);
      const note = { text: `'${waiting.displayName}' is here`, at: waiting.op.origin };
      report('FC3023', origin, { op: waiting.displayName, cause }, { notes: [note] });
    }
  }
}

function stallOf(draft: Draft, origin: DraftOp, origins: number): string | null {
  const { op, displayName } = origin;
  const strategy = op.kind === 'source' ? op.watermarks : op.kind === 'assignTimestamps' ? op.strategy : null;
  const spec = strategy?.t === 'api' ? strategy.args[0] : undefined;
  const kind = entryOf(entryOf(spec, 'generator'), 'kind');
  // A generator of the user's may mark itself idle.
  if (kind?.t !== 'primitive' || kind.value !== 'bounded' || entryOf(spec, 'idleTimeout')) return null;
  const sources = sourcesOf(draft, op.id);
  if (origins > 1 && sources.every(waitsForOthers))
    return `'${displayName}' is quiet, whatever its other inputs bring`;
  const parallelism = parallelismOf(draft, origin);
  if (op.kind === 'source' && isWatchedFolder(op) && parallelism !== null && parallelism > 1)
    return `one of the ${parallelism} subtasks of '${displayName}' has no file`;
  return null;
}

/** The operators whose watermarks reach this one. */
function strategiesAbove(draft: Draft, id: OpId): readonly DraftOp[] {
  return above(draft, id, ({ op }) => op.kind === 'source' || op.kind === 'assignTimestamps');
}

function sourcesOf(draft: Draft, id: OpId): readonly OpOf<'source'>[] {
  return above(draft, id, ({ op }) => op.kind === 'source').flatMap(({ op }) =>
    op.kind === 'source' ? [op] : [],
  );
}

/** The nearest operators at or above the inputs of `id` that `stop`; `id` itself when it is a source. */
function above(draft: Draft, id: OpId, stop: (op: DraftOp) => boolean): readonly DraftOp[] {
  const found = new Set<DraftOp>();
  const visited = new Set<OpId>();
  const visit = (at: OpId): void => {
    if (visited.has(at)) return;
    visited.add(at);
    const op = opById(draft, at);
    if (op.op.kind === 'source' || (at !== id && stop(op))) found.add(op);
    else for (const edge of draft.edges) if (edge.to === at) visit(edge.from);
  };
  visit(id);
  return [...found];
}
