/** Which of the program's functions and classes run in operators: those that the graph's values hold or capture. */
import type { Graph } from '../ir/graph.js';
import type { SiteId, Value } from '../ir/value.js';
import { valuesOf } from './graph.js';

export function functionSites(graph: Graph): ReadonlySet<SiteId> {
  const sites = new Set<SiteId>();
  const visit = (value: Value): void => {
    if (value.t === 'function' || value.t === 'class') sites.add(value.site);
    for (const child of childrenOf(value)) visit(child);
  };
  for (const op of graph.ops) for (const value of valuesOf(op)) visit(value);
  return sites;
}

function childrenOf(value: Value): readonly Value[] {
  switch (value.t) {
    case 'function':
    case 'class':
      return Object.values(value.captures);
    case 'array':
    case 'set':
      return value.items;
    case 'object':
      return value.entries.map(([, item]) => item);
    case 'map':
      return value.entries.flat();
    case 'new':
      return [value.ctor, ...value.args, ...value.patch.map(([, item]) => item)];
    case 'api':
      return value.args;
    default:
      return [];
  }
}
