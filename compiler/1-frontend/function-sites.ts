/** Which of the program's functions and classes run in operators: those that the graph's values hold or capture. */
import type { Graph } from '../ir/graph.js';
import { innerValues } from '../ir/inner-values.js';
import type { SiteId, Value } from '../ir/value.js';
import { valuesOf } from './graph.js';

export function functionSites(graph: Graph): ReadonlySet<SiteId> {
  const sites = new Set<SiteId>();
  const visit = (value: Value): void => {
    if (value.t === 'function' || value.t === 'class') sites.add(value.site);
    for (const child of innerValues(value)) visit(child);
  };
  for (const op of graph.ops) for (const value of valuesOf(op)) visit(value);
  return sites;
}
