/** Whether a function may ever give up state of a key. Decided from text: any sign of it counts. */
import type { SiteId, Value } from '../ir/index.js';
import type { Draft } from './draft.js';
import { partsOf } from './user-functions.js';

const removal =
  /\.(?:clear|remove)\b|\.update\([^;]*\b(?:null|undefined)\b|\.update\(\s*\[\s*\]|enableTimeToLive/;

/**
 * Looks at the whole files in which the function and what it captures are written, because descriptors, base classes and
 * helpers stand beside it. Code from elsewhere may do anything.
 */
export function removesState(fn: Value, draft: Draft): boolean {
  const sites = sitesOf(fn);
  if (sites.length === 0) return true;
  return sites.some(id => {
    const site = draft.graph.sites.get(id);
    const text = site && draft.program.sources.get(site.span.file);
    if (!site || text === undefined) return true;
    const foreign = site.free.some(v => v.import && !v.import.from.startsWith('flinkc'));
    return foreign || removal.test(text);
  });
}

function sitesOf(value: Value): readonly SiteId[] {
  const sites: SiteId[] = [];
  const visited = new Set<Value>();
  const visit = (v: Value): void => {
    if (visited.has(v)) return;
    visited.add(v);
    if (v.t === 'function' || v.t === 'class') {
      sites.push(v.site);
      Object.values(v.captures).forEach(visit);
    }
    if (v.t === 'new') visit(v.ctor);
    partsOf(v).forEach(visit);
  };
  visit(value);
  return sites;
}
