/** Places as short texts, which instrumented code can carry around: `file@start-end:line:column`. */
import type { Span } from '../ir/span.js';

export function formatSite(span: Span): string {
  return `${span.file}@${span.start}-${span.end}:${span.line}:${span.column}`;
}

export function parseSite(site: string): Span {
  const match = /^(.*)@(\d+)-(\d+):(\d+):(\d+)$/.exec(site);
  if (!match) throw new Error(`compiler bug: '${site}' is not a call site`);
  const [, file, start, end, line, column] = match;
  return { file: file!, start: Number(start), end: Number(end), line: Number(line), column: Number(column) };
}
