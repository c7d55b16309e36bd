/**
 * Places as short texts, which instrumented code can carry around: `file@start-end:line:column`, and `^n` behind it
 * where the place was reached in the n-th call of a generic helper (StageReport.helpers).
 */
import type { Span } from '../ir/span.js';

export function formatSite(span: Span): string {
  return `${span.file}@${span.start}-${span.end}:${span.line}:${span.column}`;
}

export function parseSite(site: string): Span {
  const match = /^(.*)@(\d+)-(\d+):(\d+):(\d+)$/.exec(placeOf(site));
  if (!match) throw new Error(`compiler bug: '${site}' is not a call site`);
  const [, file, start, end, line, column] = match;
  return { file: file!, start: Number(start), end: Number(end), line: Number(line), column: Number(column) };
}

/** The same place, reached in the helper's call `n`. */
export function inHelper(site: string, n: number | null): string {
  return n === null ? site : `${site}^${n}`;
}

/** The place without the call in which it was reached. */
export function placeOf(site: string): string {
  return site.replace(/\^\d+$/, '');
}

export function helperOf(site: string): number | null {
  const match = /\^(\d+)$/.exec(site);
  return match && Number(match[1]);
}
