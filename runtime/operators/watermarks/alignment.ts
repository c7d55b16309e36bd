/** Watermark alignment of the sources of a group (datastream-semantics §2.5). */
import { MAX_TIMESTAMP } from '../../../plugins/api/types.js';

/**
 * Highest watermark a source of the group may have. A report is the watermark of one source subtask, null when idle:
 * an idle source must not hold back the others.
 */
export function alignmentLimit(reports: readonly (number | null)[], maxDrift: number): number {
  let minimum = Infinity;
  for (const report of reports) if (report !== null && report < minimum) minimum = report;
  return minimum === Infinity ? MAX_TIMESTAMP : minimum + maxDrift;
}
