/** Text form of a diagnostic: code, place, frame, notes, fix. */
import type { Diagnostic, Place } from './diagnostic.js';

export type ReadSource = (file: string) => string | undefined;

export interface RenderOptions {
  readonly color?: boolean;
}

/** Colours for a terminal that shows them and a user who wants them. */
export function wantsColor(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true && !process.env['NO_COLOR'];
}

const paint = { error: 31, warning: 33, info: 36, dim: 2, bold: 1 } as const;

/**
 * ```text
 * error FC2104: Operator 'reduce' keeps state, but its input is not keyed.
 *   orders.ts:12:4
 *   12 |   .reduce(sumAmounts)
 *      |    ^^^^^^
 *   note: input comes from `orders`, declared at orders.ts:9:7
 *   fix: call .keyBy(...) before .reduce(...).
 * ```
 */
export function renderDiagnostic(
  diagnostic: Diagnostic,
  read: ReadSource,
  options: RenderOptions = {},
): string {
  const color = (style: keyof typeof paint, text: string): string =>
    options.color ? `\u001b[${paint[style]}m${text}\u001b[0m` : text;
  const lines = [
    `${color(diagnostic.severity, `${diagnostic.severity} ${diagnostic.code}:`)} ${color('bold', diagnostic.message)}`,
  ];
  if (diagnostic.at) lines.push(...framed(diagnostic.at));
  for (const [key, value] of Object.entries(diagnostic.details ?? {}))
    lines.push(`  ${color('dim', `${key}:`)} ${value}`);
  for (const note of diagnostic.notes) {
    lines.push(`  ${color('dim', 'note:')} ${note.text}`);
    if (note.at) lines.push(...framed(note.at).map(line => `  ${line}`));
  }
  if (diagnostic.fix) lines.push(`  ${color('info', 'fix:')} ${diagnostic.fix}`);
  return lines.join('\n');

  function framed(place: Place): string[] {
    return [
      `  ${color('dim', `${place.file}:${place.line}:${place.column}`)}`,
      ...frame(place, read(place.file)),
    ];
  }
}

/** The line of the place with carets under the part that lies on this line. Tabs are kept, so that carets align. */
function frame(place: Place, source: string | undefined): string[] {
  const lines = source?.split('\n');
  const text = lines?.[place.line - 1]?.replace(/\r$/, '');
  if (!lines || text === undefined) return [];
  const number = String(place.line);
  const pad = text.slice(0, place.column - 1).replaceAll(/[^\t]/g, ' ');
  // for an API call the column points into the range, at the method's name
  const lineStart = lines.slice(0, place.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
  const left = place.end - (lineStart + place.column - 1);
  const width = Math.max(1, Math.min(left, text.length - place.column + 1));
  return [`  ${number} | ${text}`, `  ${' '.repeat(number.length)} | ${pad}${'^'.repeat(width)}`];
}

/** "2 errors, 1 warning" */
export function summary(diagnostics: readonly Diagnostic[]): string {
  const count = (severity: Diagnostic['severity'], word: string): string[] => {
    const n = diagnostics.filter(d => d.severity === severity).length;
    return n === 0 ? [] : [`${n} ${word}${n === 1 ? '' : 's'}`];
  };
  return [...count('error', 'error'), ...count('warning', 'warning'), ...count('info', 'hint')].join(', ');
}
