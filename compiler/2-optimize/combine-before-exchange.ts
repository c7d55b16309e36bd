/**
 * Two-phase aggregation: where it makes no difference to the result, the sender of a window operator adds records up per
 * key and slice of time, and sends the accumulators with the next watermark instead of the records. What is late, and
 * what the window function sees, is decided by the receiver as before.
 */
import type { OpId } from '../ir/index.js';
import { accumulatorColumns } from '../ir/accumulator-columns.js';
import { windowsOf, type ColumnarWindows } from '../ir/window-shape.js';
import { combinesExactly } from './combines-exactly.js';
import type { Draft, Pass } from './draft.js';
import { opById, replaceEdges } from './draft.js';

export const combineBeforeExchange: Pass = {
  name: 'combine-before-exchange',
  run(draft) {
    const windows = new Map<OpId, ColumnarWindows | null>();
    return replaceEdges(draft, edge => {
      if (!windows.has(edge.to)) windows.set(edge.to, combinedWindows(draft, edge.to));
      const combine = windows.get(edge.to)!;
      return combine === null ? edge : { ...edge, combine };
    });
  },
};

/** The windows for which the senders of this operator can add records up; null when they must send them. */
function combinedWindows(draft: Draft, id: OpId): ColumnarWindows | null {
  const { op, states } = opById(draft, id);
  if (op.kind !== 'window') return null;
  const { assigner, trigger, evictor, allowedLateness, lateTag } = op.window;
  // A late record leaves whole, or makes its windows fire once more for itself alone.
  if (trigger !== null || evictor !== null || allowedLateness > 0 || lateTag !== null) return null;
  const edges = draft.edges.filter(edge => edge.to === id);
  // All edges into one input carry the same columns.
  if (
    edges.some(
      edge => edge.cut === null || (edge.partition.kind !== 'hash' && edge.partition.kind !== 'global'),
    )
  )
    return null;
  const windows = windowsOf(assigner);
  const contents = states.find(state => state.name === 'window-contents')!;
  // Sessions of one key for everything would come from all senders and have to be joined there.
  if (windows?.kind === 'sessions' && edges.some(edge => edge.partition.kind !== 'hash')) return null;
  return windows !== null && combinesExactly(op.function, accumulatorColumns(contents.value), draft.program)
    ? windows
    : null;
}
