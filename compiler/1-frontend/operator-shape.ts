/** What an operator does, as a hash without names and places: the same operator under another name has the same shape. */
import { createHash } from 'node:crypto';
import type { Graph, Op } from '../ir/graph.js';
import type { SiteId } from '../ir/value.js';
import { siteModule, type UserModules } from './modules.js';

export function operatorShape(op: Op, graph: Graph, modules: UserModules): string {
  // where it stands, what it is called and how it is deployed do not make it another operator
  const {
    id: _id,
    origin: _origin,
    symbolPath: _symbolPath,
    uid: _uid,
    uidHash: _uidHash,
    parallelism: _parallelism,
    maxParallelism: _maxParallelism,
    bufferTimeout: _bufferTimeout,
    inputs,
    ...rest
  } = op;
  const edges = inputs.map(edge => [graph.ops[edge.from]!.kind, edge.sideOutput, edge.partition]);
  const described = new Map<unknown, number>();
  const text = JSON.stringify([rest, edges], (key, value: unknown) => {
    if (key === 'site') return siteText(value as SiteId, modules);
    if (key === 'at' || (key === 'id' && typeof value === 'number')) return undefined;
    if (!isShareable(value)) return value;
    const known = described.get(value);
    if (known === undefined) described.set(value, described.size);
    return known === undefined ? value : { t: 'ref', nth: known };
  });
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Values with an id may be held by several others. */
function isShareable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 't' in value && 'id' in value;
}

/** Source text with white space normalised: formatting is no edit. */
function siteText(id: SiteId, modules: UserModules): string {
  const module = modules.known(siteModule(id));
  const frame = module?.siteFrames.get(id);
  return module && frame ? frame.node.getText(module.source).replaceAll(/\s+/g, ' ') : id;
}
