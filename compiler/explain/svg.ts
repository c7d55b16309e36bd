import { layOut, metrics, type Box, type Curve } from './layout.js';
import { caption, type ExplainedExchange, type ExplainedOperator, type Explanation } from './model.js';
import { fields } from './text.js';

/** The plan as one self-contained SVG that follows the reader's light or dark theme; details are tooltips. */
export function explainSvg(explanation: Explanation): string {
  const layout = layOut(explanation);
  const width = Math.ceil(layout.width);
  const height = Math.ceil(layout.height);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(`Plan of ${explanation.job}`)}">`,
    `<style>${style}</style>`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0 L8 4 L0 8 z" class="tip"/></marker></defs>',
    `<rect class="page" width="${width}" height="${height}"/>`,
    ...layout.curves.map(curve => edge(curve, explanation.exchanges[curve.index]!)),
    ...layout.boxes.map(box),
    '</svg>',
    '',
  ].join('\n');
}

const style = `
.page{fill:#fbfbfd} text{font:13px ui-sans-serif,system-ui,-apple-system,"Segoe UI",sans-serif;fill:#1d2433}
.box{fill:#fff;stroke:#cfd6e4} .head{fill:#eef2fb} .title{font-weight:600} .small{font-size:11px;fill:#66708a}
.mono{font-family:ui-monospace,SFMono-Regular,Menlo,monospace} .edge{fill:none;stroke:#8a94ad;stroke-width:1.6} .tip{fill:#8a94ad}
.label{font-size:11px;fill:#434c63} .labelbox{fill:#fbfbfd} .rule{stroke:#e6eaf3}
.source{fill:#1f9d6b} .sink{fill:#b8562c} .stateful{fill:#6a4fd0} .stateless{fill:#3c78d8}
.hash{stroke:#6a4fd0} .broadcast{stroke:#c98a12}
@media (prefers-color-scheme:dark){.page,.labelbox{fill:#12151d} text{fill:#e6e9f2} .box{fill:#1b202c;stroke:#39425a} .head{fill:#232a3a} .small{fill:#98a2bd} .label{fill:#b9c1d6} .rule{stroke:#2b3246}}
`.replaceAll('\n', '');

function box({ task, x, y, width, height }: Box): string {
  const { header, line, padding } = metrics;
  const parallelism = task.parallelism === null ? '' : ` × ${task.parallelism}`;
  const rows = task.operators.map((operator, i) => {
    const top = y + header + i * line;
    return [
      `<g><title>${escape(details(operator))}</title>`,
      i === 0 ? '' : `<line class="rule" x1="${x}" y1="${top}" x2="${x + width}" y2="${top}"/>`,
      `<rect class="${role(operator)}" x="${x}" y="${top + 6}" width="4" height="${line - 12}" rx="1"/>`,
      `<text x="${x + padding + 4}" y="${top + 17}">${escape(clip(operator.name, width))}</text>`,
      `<text class="small mono" x="${x + padding + 4}" y="${top + 32}">${escape(caption(operator))}</text>`,
      operator.states.length === 0
        ? ''
        : `<text class="small" x="${x + width - padding}" y="${top + 32}" text-anchor="end">state</text>`,
      '</g>',
    ].join('');
  });
  return [
    `<g><rect class="box" x="${x}" y="${y}" width="${width}" height="${height}" rx="8"/>`,
    `<path class="head" d="M${x} ${y + 8}a8 8 0 0 1 8-8h${width - 16}a8 8 0 0 1 8 8v${header - 12}h-${width}z"/>`,
    `<text class="title" x="${x + padding}" y="${y + 20}">Task ${task.id}${parallelism}</text>`,
    ...rows,
    '</g>',
  ].join('');
}

function role(operator: ExplainedOperator): string {
  if (operator.kind === 'source' || operator.kind === 'sink') return operator.kind;
  return operator.states.length > 0 ? 'stateful' : 'stateless';
}

function details(operator: ExplainedOperator): string {
  const lines = [`${operator.kind} ${operator.name}`, `uid ${operator.uid}`, operator.origin];
  if (operator.kind !== 'sink') lines.push(`fields read downstream: ${fields(operator)}`);
  if (operator.states.length > 0)
    lines.push(`state: ${operator.states.map(s => `${s.name} (${s.kind})`).join(', ')}`);
  return lines.join('\n');
}

function edge({ x1, y1, x2, y2 }: Curve, exchange: ExplainedExchange): string {
  const bend = Math.max(40, (x2 - x1) / 2);
  const kind =
    exchange.partition === 'hash' || exchange.partition === 'broadcast' ? ` ${exchange.partition}` : '';
  const { partition, combined, sideOutput } = exchange;
  const label = [
    partition,
    ...(combined ? ['added up'] : []),
    ...(sideOutput === null ? [] : [sideOutput]),
  ].join(' · ');
  const count = columnSummary(exchange.columns);
  const x = (x1 + x2) / 2;
  const y = (y1 + y2) / 2;
  const half = (Math.max(label.length, count.length) * 6.4) / 2 + 4;
  return [
    `<g><title>${escape(`${label}\n${exchange.columns.join('\n') || 'no columns'}\nnot fused: ${exchange.reason}`)}</title>`,
    `<path class="edge${kind}" marker-end="url(#arrow)" d="M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2 - 3} ${y2}"/>`,
    `<rect class="labelbox" x="${x - half}" y="${y - 17}" width="${2 * half}" height="30"/>`,
    `<text class="label" x="${x}" y="${y - 5}" text-anchor="middle">${escape(label)}</text>`,
    `<text class="small" x="${x}" y="${y + 9}" text-anchor="middle">${escape(count)}</text></g>`,
  ].join('');
}

/** The names of a few columns; of many, the first and how many more there are. */
function columnSummary(columns: readonly string[]): string {
  const names = columns.map(column => column.slice(0, column.lastIndexOf(' ')));
  if (names.length === 0) return 'no columns';
  const shown: string[] = [];
  for (const name of names) {
    if (shown.length > 0 && [...shown, name].join(', ').length > 22) break;
    shown.push(name);
  }
  const hidden = names.length - shown.length;
  return hidden === 0 ? shown.join(', ') : `${shown.join(', ')} +${hidden}`;
}

function clip(text: string, width: number): string {
  const room = Math.floor((width - 2 * metrics.padding) / metrics.character);
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
}
export function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
