/** `A -> B -> C`, and where a chain branches `A -> (B -> C, D)`. */
import type { Draft, DraftOp } from './draft.js';

export function taskName(ops: readonly DraftOp[], draft: Draft): string {
  const follow = (op: DraftOp): string => {
    const next = draft.edges
      .filter(e => e.from === op.op.id && e.cut === null)
      .map(e => follow(ops.find(o => o.op.id === e.to)!));
    if (next.length === 0) return op.displayName;
    return `${op.displayName} -> ${next.length === 1 ? next[0]! : `(${next.join(', ')})`}`;
  };
  return follow(ops[0]!);
}
