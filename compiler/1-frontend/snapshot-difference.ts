/** Finds out which captured value changed between two snapshots of the same operator. */
import type { Value } from '../ir/value.js';

/** Per value that changed: path of its first difference, in names of the program (`config.limits.max`). */
export function differences(before: readonly Value[], after: readonly Value[]): readonly string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return []; // by far the fastest, and nearly always true
  const comparison = new Comparison(before, after);
  return before.flatMap((value, i) => comparison.compare(value, after[i]!, []) ?? []);
}

/** Whether a captured variable had no value yet. */
export function isUninitialised(value: Value): boolean {
  if (value.t === 'unshippable') return value.code === uninitialised;
  return partsOf(value).some(([, part]) => isUninitialised(part));
}

const uninitialised = 'FC1103';

class Comparison {
  readonly #before = new Map<number, Value>();
  readonly #after = new Map<number, Value>();
  /** pairs being compared: recursive functions refer to themselves */
  readonly #open = new Set<string>();

  constructor(before: readonly Value[], after: readonly Value[]) {
    for (const value of before) index(value, this.#before);
    for (const value of after) index(value, this.#after);
  }

  compare(before: Value, after: Value, path: readonly string[]): string | null {
    // a variable that was declared further down has its value now
    if (before.t === 'unshippable' && before.code === uninitialised) return null;
    // ids shift when such a variable appears, so that references are compared by what they refer to
    const a = before.t === 'ref' ? this.#before.get(before.id)! : before;
    const b = after.t === 'ref' ? this.#after.get(after.id)! : after;
    if (a.t !== b.t) return path.join('.');
    if (!('id' in a) || !('id' in b)) return JSON.stringify(a) === JSON.stringify(b) ? null : path.join('.');
    const pair = `${a.id} ${b.id}`;
    if (this.#open.has(pair)) return null;
    this.#open.add(pair);
    const found = this.#compareParts(a, b, path);
    this.#open.delete(pair);
    return found;
  }

  #compareParts(a: Value, b: Value, path: readonly string[]): string | null {
    if (originOf(a) !== originOf(b)) return path.join('.');
    const after = new Map(partsOf(b));
    for (const [name, part] of partsOf(a)) {
      const other = after.get(name);
      const at = name.startsWith('(') ? path : [...path, name];
      if (other === undefined) return at.join('.');
      after.delete(name);
      const found = this.compare(part, other, at);
      if (found !== null) return found;
    }
    const [added] = after.keys();
    return added === undefined ? null : [...path, ...(added.startsWith('(') ? [] : [added])].join('.');
  }
}

function index(value: Value, values: Map<number, Value>): void {
  if ('id' in value && value.t !== 'ref') values.set(value.id, value);
  for (const [, part] of partsOf(value)) index(part, values);
}

/** What an object is, apart from its parts. */
function originOf(value: Value): string {
  if (value.t === 'function' || value.t === 'class') return value.site;
  if (value.t === 'table') return value.text;
  return value.t === 'api' ? `${value.module}#${value.name}` : '';
}

/** Names in parentheses are not names of the program. */
function partsOf(value: Value): readonly (readonly [string, Value])[] {
  switch (value.t) {
    case 'function':
    case 'class':
      return Object.entries(value.captures);
    case 'object':
      return value.entries;
    case 'array':
    case 'set':
      return value.items.map((item, i) => [`(${i})`, item]);
    case 'map':
      return value.entries.flatMap(([key, item], i): [string, Value][] => [
        [`(key ${i})`, key],
        [`(value ${i})`, item],
      ]);
    case 'new':
      return [
        ['(class)', value.ctor],
        ...value.args.map((arg, i): [string, Value] => [`(${i})`, arg]),
        ...value.patch,
      ];
    case 'api':
      return value.args.map((arg, i) => [`(${i})`, arg]);
    default:
      return [];
  }
}
