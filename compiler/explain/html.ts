import type { Explanation } from './model.js';
import { escape, explainSvg } from './svg.js';
import { counted, fields } from './text.js';

/** A page with the picture and, below it, everything the picture has no room for. No script, no outside resource. */
export function explainHtml(explanation: Explanation): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(explanation.job)}: plan</title>
<style>
:root{color-scheme:light dark} body{font:15px/1.5 ui-sans-serif,system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;background:light-dark(#fbfbfd,#12151d);color:light-dark(#1d2433,#e6e9f2)}
h1{font-size:1.4rem} h2{font-size:1.05rem;margin-top:2rem} .picture{overflow-x:auto;display:flex;justify-content:safe center;background:light-dark(#fbfbfd,#12151d);border:1px solid light-dark(#e1e6f0,#2b3246);border-radius:10px}
svg{flex:none} table{border-collapse:collapse;width:100%} th,td{text-align:left;padding:.35rem .8rem .35rem 0;border-bottom:1px solid light-dark(#e6eaf3,#2b3246);vertical-align:top} th{font-weight:600} td code{overflow-wrap:anywhere} code{font:13px ui-monospace,SFMono-Regular,Menlo,monospace}
</style>
<h1>${escape(explanation.job)}</h1>
<p>${counted(explanation.tasks.length, 'task')}, ${counted(explanation.exchanges.length, 'exchange')}. A task is a chain of operators fused into one loop; it ends where records have to be exchanged.</p>
<div class="picture">${explainSvg(explanation)}</div>
<h2>Operators</h2>
<table><tr><th>task</th><th>operator</th><th>kind</th><th>place</th><th>fields read downstream</th><th>state</th></tr>
${explanation.tasks
  .flatMap(task =>
    task.operators.map(
      operator =>
        `<tr><td>${task.id}</td><td>${escape(operator.name)}<br><code>${escape(operator.uid)}</code></td><td>${operator.kind}</td><td><code>${escape(operator.origin)}</code></td><td><code>${escape(operator.kind === 'sink' ? '' : fields(operator))}</code></td><td>${escape(operator.states.map(s => `${s.name} (${s.kind})`).join(', '))}</td></tr>`,
    ),
  )
  .join('\n')}
</table>
<h2>Exchanges</h2>
<table><tr><th>from</th><th>to</th><th>partitioning</th><th>columns</th><th>why not fused</th></tr>
${explanation.exchanges
  .map(
    exchange =>
      `<tr><td>${exchange.from}${exchange.sideOutput === null ? '' : ` (${escape(exchange.sideOutput)})`}</td><td>${exchange.to}</td><td>${exchange.partition}${exchange.combined ? ', added up' : ''}</td><td><code>${escape(exchange.columns.join(', '))}</code></td><td>${escape(exchange.reason)}</td></tr>`,
  )
  .join('\n')}
</table>
</html>
`;
}
