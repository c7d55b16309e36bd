/**
 * Replaces references by the values they refer to: from here on identity of Values is identity of the objects they
 * describe. Only functions that can reach themselves keep a reference.
 */
import type { Graph, Op } from '../ir/graph.js';
import { innerValues } from '../ir/inner-values.js';
import type { Value } from '../ir/value.js';
import { valuesOf } from './graph.js';

export function resolveReferences(graph: Graph): Graph {
  return { ...graph, ops: graph.ops.map(op => new Resolution(op).resolvedOp()) };
}

class Resolution {
  readonly #op: Op;
  readonly #described = new Map<number, Value>();
  readonly #resolved = new Map<Value, Value>();
  readonly #open = new Set<Value>();
  #hasReferences = false;

  constructor(op: Op) {
    this.#op = op;
    for (const value of valuesOf(op)) this.#index(value);
  }

  resolvedOp(): Op {
    if (!this.#hasReferences) return this.#op;
    return this.#inData(this.#op) as Op;
  }

  #index(value: Value): void {
    if (value.t === 'ref') this.#hasReferences = true;
    else if ('id' in value) this.#described.set(value.id, value);
    for (const part of innerValues(value)) this.#index(part);
  }

  /** Parameters of ops are plain data with values in them. */
  #inData(data: unknown): unknown {
    if (typeof data !== 'object' || data === null) return data;
    if ('t' in data) return this.#value(data as Value);
    if (Array.isArray(data)) return data.map(item => this.#inData(item));
    return Object.fromEntries(Object.entries(data).map(([key, item]) => [key, this.#inData(item)]));
  }

  #value(value: Value): Value {
    const target = value.t === 'ref' ? (this.#described.get(value.id) ?? value) : value;
    if (this.#open.has(target)) return value;
    let resolved = this.#resolved.get(target);
    if (!resolved) {
      this.#open.add(target);
      resolved = mapInner(target, part => this.#value(part));
      this.#open.delete(target);
      this.#resolved.set(target, resolved);
    }
    return resolved;
  }
}

function mapInner(value: Value, map: (part: Value) => Value): Value {
  switch (value.t) {
    case 'array':
    case 'set':
      return { ...value, items: value.items.map(map) };
    case 'object':
      return { ...value, entries: value.entries.map(([key, part]) => [key, map(part)]) };
    case 'map':
      return { ...value, entries: value.entries.map(([key, part]) => [map(key), map(part)]) };
    case 'function':
    case 'class':
      return {
        ...value,
        captures: Object.fromEntries(Object.entries(value.captures).map(([name, part]) => [name, map(part)])),
      };
    case 'new':
      return {
        ...value,
        ctor: map(value.ctor),
        args: value.args.map(map),
        patch: value.patch.map(([name, part]) => [name, map(part)]),
      };
    case 'api':
      return { ...value, args: value.args.map(map) };
    default:
      return value;
  }
}
