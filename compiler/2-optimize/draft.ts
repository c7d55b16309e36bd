/** What the passes work on: the operators and edges of the graph, filled in step by step until tasks can be cut out of it. */
import type { BatchLayout, Schema } from '../../plugins/api/index.js';
import type { DiagnosticLog } from '../diagnostics/diagnostic.js';
import type {
  LoweredProgram,
  Op,
  OpId,
  OpTypes,
  Partition,
  StateDeclaration,
  TypedGraph,
  Usage,
} from '../ir/index.js';
import type { ColumnarWindows } from '../ir/window-shape.js';

export interface DraftOp {
  readonly op: Op;
  readonly types: OpTypes;
  readonly uid: string;
  readonly uidHash: string;
  readonly displayName: string;
  readonly demand: Usage;
  readonly copyOutput: boolean;
  readonly states: readonly StateDeclaration[];
}

export interface DraftEdge {
  readonly from: OpId;
  readonly sideOutput: string | null;
  readonly to: OpId;
  /** which input of `to`; several edges share one when it is a union */
  readonly input: number;
  readonly partition: Partition;
  /** why the edge separates two tasks; null: both ends run in one. Undecided edges are cut. */
  readonly cut: string | null;
  /** the receiver's view of the records */
  readonly schema: Schema;
  /** what the receiver reads of them */
  readonly demand: Usage;
  /** cut edges: columns that travel, and which of them is the key */
  readonly layout: BatchLayout | null;
  readonly keyColumn: number | null;
  /** cut edges: accumulators of these windows travel instead of records */
  readonly combine: ColumnarWindows | null;
}

export interface Draft {
  /** in topological order */
  readonly ops: readonly DraftOp[];
  /** sorted by receiver, input, position among the edges of that input */
  readonly edges: readonly DraftEdge[];
  readonly graph: TypedGraph;
  readonly program: LoweredProgram;
}

export interface PassContext {
  readonly log: DiagnosticLog;
  /** false cuts every edge: one task per operator, for differential tests */
  readonly fuse: boolean;
}

/** Named and pure; the same object back means "no change". */
export interface Pass {
  readonly name: string;
  run(draft: Draft, context: PassContext): Draft;
}

export interface Uid {
  readonly uid: string;
  readonly uidHash: string;
}

export function draftOf(graph: TypedGraph, program: LoweredProgram, uids: ReadonlyMap<OpId, Uid>): Draft {
  const ops = topological(graph.ops).map((op): DraftOp => {
    const types = graph.types.get(op.id);
    const uid = uids.get(op.id);
    if (!types) throw new Error(`compiler bug: operator ${op.id} (${op.kind}) has no types`);
    if (!uid && op.kind !== 'union')
      throw new Error(`compiler bug: operator ${op.id} (${op.kind}) has no uid`);
    return {
      op,
      types,
      uid: uid?.uid ?? '',
      uidHash: uid?.uidHash ?? '',
      displayName: displayName(op),
      demand: 'all',
      copyOutput: false,
      states: types.states.map(state => withFormerName(state, op)),
    };
  });
  const edges = ops.flatMap(({ op, types }) =>
    op.inputs.map((edge, index): DraftEdge => ({
      from: edge.from,
      sideOutput: edge.sideOutput,
      to: op.id,
      input: op.kind === 'union' ? 0 : index,
      partition: edge.partition,
      cut: 'not decided',
      schema: types.inputs[index] ?? missingInput(op, index),
      demand: 'all',
      layout: null,
      keyColumn: null,
      combine: null,
    })),
  );
  return { ops, edges, graph, program };
}

function withFormerName(state: StateDeclaration, { renamed }: Op): StateDeclaration {
  const former = renamed?.states[state.name];
  return former === undefined ? state : { ...state, formerly: former };
}

function missingInput(op: Op, index: number): never {
  throw new Error(`compiler bug: input ${index} of operator ${op.id} (${op.kind}) has no schema`);
}

/** Recording order is topological already, except where a graph was made by hand; ids break ties, so the order is stable. */
function topological(ops: readonly Op[]): readonly Op[] {
  const byId = new Map(ops.map(op => [op.id, op]));
  const done = new Set<OpId>();
  const order: Op[] = [];
  const visit = (op: Op): void => {
    if (done.has(op.id)) return;
    done.add(op.id);
    for (const edge of op.inputs) {
      const from = byId.get(edge.from);
      if (!from)
        throw new Error(`compiler bug: operator ${op.id} reads operator ${edge.from}, which does not exist`);
      visit(from);
    }
    order.push(op);
  };
  for (const op of [...ops].sort((a, b) => a.id - b.id)) visit(op);
  return order;
}

function displayName(op: Op): string {
  if (op.name !== null) return op.name;
  switch (op.kind) {
    case 'source':
      return `Source: ${op.sourceName}`;
    case 'sink':
      return `Sink: ${op.sink.t === 'api' ? op.sink.name : 'Writer'}`;
    case 'map':
      return 'Map';
    case 'filter':
      return 'Filter';
    case 'flatMap':
      return 'Flat Map';
    case 'project':
      return 'Projection';
    case 'assignTimestamps':
      return 'Timestamps/Watermarks';
    case 'union':
      return 'Union';
    case 'process':
      return op.inputs[0]?.partition.kind === 'hash' ? 'KeyedProcess' : 'Process';
    case 'reduce':
      return 'Keyed Reduce';
    case 'rollingAggregate':
      return 'Keyed Aggregation';
    case 'coMap':
      return 'Co-Map';
    case 'coFlatMap':
      return 'Co-Flat Map';
    case 'coProcess':
      return 'Co-Process';
    case 'broadcastProcess':
      return 'Co-Process-Broadcast';
    case 'window':
      return op.window.assigner.t === 'api' ? op.window.assigner.name : 'Window';
    case 'coGroup':
      return 'CoGroup';
    case 'windowJoin':
      return 'Join';
    case 'intervalJoin':
      return 'Interval Join';
    case 'asyncWait':
      return 'async wait operator';
    case 'fullWindowPartition':
      return 'Full Window Partition';
  }
}

export function replaceOps(draft: Draft, change: (op: DraftOp) => DraftOp): Draft {
  let changed = false;
  const ops = draft.ops.map(op => {
    const next = change(op);
    if (next !== op) changed = true;
    return next;
  });
  return changed ? { ...draft, ops } : draft;
}

export function replaceEdges(draft: Draft, change: (edge: DraftEdge) => DraftEdge): Draft {
  let changed = false;
  const edges = draft.edges.map(edge => {
    const next = change(edge);
    if (next !== edge) changed = true;
    return next;
  });
  return changed ? { ...draft, edges } : draft;
}

export function opById(draft: Draft, id: OpId): DraftOp {
  const found = draft.ops.find(o => o.op.id === id);
  if (!found) throw new Error(`compiler bug: no operator ${id}`);
  return found;
}
