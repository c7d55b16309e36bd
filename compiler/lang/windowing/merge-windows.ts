import type { TimeWindow } from '../../../plugins/api/windowing.js';

/**
 * Calls `merge` once for every maximal run of windows that touch or overlap (§4.6 rule 1) and has more than one member.
 * flink: TimeWindow#mergeWindows
 */
export function mergeTouchingWindows(
  windows: readonly TimeWindow[],
  merge: (parts: readonly TimeWindow[], cover: TimeWindow) => void,
): void {
  const sorted = windows.toSorted((a, b) => a.start - b.start);
  let parts: TimeWindow[] = [];
  let cover: TimeWindow | null = null;
  for (const window of sorted) {
    if (cover !== null && cover.intersects(window)) {
      parts.push(window);
      cover = cover.cover(window);
    } else {
      if (cover !== null && parts.length > 1) merge(parts, cover);
      parts = [window];
      cover = window;
    }
  }
  if (cover !== null && parts.length > 1) merge(parts, cover);
}
