/** The columns a source fills: the demanded part of its records. */
import type { BatchLayout } from '../../plugins/api/index.js';
import type { PlanOp } from '../ir/index.js';
import { batchLayout } from '../ir/batch-layout.js';

export function sourceLayout(head: PlanOp): BatchLayout {
  return batchLayout(head.types.output!, head.demand);
}

/** Name of a column for hints. */
export function readableOf(path: readonly string[]): string {
  return path.at(-1)?.replace('\u0000', '') ?? 'record';
}
