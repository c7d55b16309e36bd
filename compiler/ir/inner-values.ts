/** Walking through captured values. */
import type { Value } from './value.js';

/** Values directly inside a value. */
export function innerValues(value: Value): readonly Value[] {
  switch (value.t) {
    case 'array':
    case 'set':
      return value.items;
    case 'object':
      return value.entries.map(([, inner]) => inner);
    case 'map':
      return value.entries.flat();
    case 'function':
    case 'class':
      return Object.values(value.captures);
    case 'new':
      return [value.ctor, ...value.args, ...value.patch.map(([, inner]) => inner)];
    case 'api':
      return value.args;
    default:
      return [];
  }
}

/** A value and everything inside it, each once. */
export function reachableValues(root: Value): ReadonlySet<Value> {
  const seen = new Set<Value>();
  const visit = (value: Value): void => {
    if (seen.has(value)) return;
    seen.add(value);
    innerValues(value).forEach(visit);
  };
  visit(root);
  return seen;
}
