/**
 * Values that enter heap state give up the texts that their strings were cut from: a string read from a batch keeps the
 * whole batch's text alive. What has no string by its schema is not looked at.
 *
 * Only memory depends on it, never a result, so it need not find every string, and a big value that is put again and
 * again must not be walked each time.
 */
import type { Schema } from '../../../plugins/api/schema.js';
import { detach, isCut } from '../../contract/detached-string.js';

/** The value to keep: a string is copied, all else is changed in place. `isNew`: nothing was in its place before. */
export type Detacher = (value: unknown, isNew: boolean) => unknown;
type Walk = (value: unknown, isNew: boolean, depth: number) => unknown;

/** Of a collection that was in state already, so many elements at either end, where changes are, are looked at. */
const ends = 16;
/** Deeper values than this are cyclic or lists built of pairs. */
const deepest = 50;

/** Null: values of the schema hold no strings. */
export function detacherOf(schema: Schema): Detacher | null {
  const walk = walkOf(schema);
  return walk && ((value, isNew) => walk(value, isNew, 0));
}

function walkOf(schema: Schema): Walk | null {
  switch (schema.kind) {
    case 'string':
      return text => (typeof text === 'string' ? detach(text) : text);
    case 'enum':
      return schema.values.some(value => typeof value === 'string' && isCut(value)) ? anyValue : null;
    case 'nullable':
      return walkOf(schema.of);
    case 'struct':
      return structWalk(schema.fields.map(field => [field.name, walkOf(field.schema)]));
    case 'list':
      return listWalk(walkOf(schema.of));
    case 'tuple': {
      const hasStrings = [...schema.items, ...(schema.rest ? [schema.rest] : [])].some(walkOf);
      return hasStrings ? anyValue : null;
    }
    case 'map':
    case 'record':
      return walkOf(schema.value) && anyValue;
    case 'union':
      return schema.cases.some(({ schema: of }) => walkOf(of)) ? anyValue : null;
    case 'recursive':
      return walkOf(schema.of) && anyValue;
    case 'json':
      return anyValue;
    case 'set':
    case 'ref':
    case 'bool':
    case 'bytes':
    case 'int32':
    case 'int64':
    case 'bigint':
    case 'float32':
    case 'float64':
    case 'decimal':
    case 'timestamp':
    case 'date':
    case 'null':
    case 'undefined':
      return null;
  }
}

/** For values that are put once. Those that have no strings are given back. */
export function elementDetacher<T>(schema: Schema | undefined): (element: T) => T {
  const walk = schema && walkOf(schema);
  return walk ? element => walk(element, true, 0) as T : element => element;
}
/** Elements that replace those of a list state, which were in it before for the most part. */
export function listDetacher<T>(schema: Schema): (list: T[], isNew: boolean) => T[] {
  const walk = listWalk(walkOf(schema));
  return walk ? (list, isNew) => walk(list, isNew, 0) as T[] : list => list;
}

type Field = readonly [name: string, walk: Walk];

function structWalk(fields: readonly (readonly [name: string, walk: Walk | null])[]): Walk | null {
  const walked = fields.filter((field): field is Field => field[1] !== null);
  if (walked.length === 0) return null;
  return (value, isNew, depth) => {
    if (typeof value === 'object' && value !== null)
      for (const [name, walk] of walked) visitProperty(value, name, walk, isNew, depth);
    return value;
  };
}

function visitProperty(holder: object, name: string, walk: Walk, isNew: boolean, depth: number): void {
  const value = (holder as Record<string, unknown>)[name];
  if (typeof value === 'string') {
    // frozen objects and accessors of classes stay as they are
    if (isCut(value) && Object.getOwnPropertyDescriptor(holder, name)?.writable)
      (holder as Record<string, unknown>)[name] = detach(value);
  } else if (typeof value === 'object' && value !== null) walk(value, isNew, depth);
}

function listWalk(element: Walk | null): Walk | null {
  if (!element) return null;
  return (value, isNew, depth) => {
    if (!Array.isArray(value) || Object.isFrozen(value)) return value;
    const skips = !isNew && value.length > 2 * ends;
    for (let i = 0; i < value.length; i++) {
      if (skips && i === ends) i = value.length - ends;
      value[i] = element(value[i], isNew, depth + 1);
    }
    return value;
  };
}

/** By what a value is instead of by its schema. */
function anyValue(value: unknown, isNew: boolean, depth: number): unknown {
  if (typeof value === 'string') return detach(value);
  if (typeof value !== 'object' || value === null || depth > deepest) return value;
  if (Array.isArray(value)) return anyList(value, isNew, depth);
  if (value instanceof Map) {
    if (isNew || value.size <= 2 * ends) visitMap(value, isNew, depth);
  } else if (!(value instanceof Set) && !ArrayBuffer.isView(value)) {
    const names = Object.keys(value);
    if (isNew || names.length <= 2 * ends)
      for (const name of names) visitProperty(value, name, deeper, isNew, depth);
  }
  return value;
}
const deeper: Walk = (value, isNew, depth) => anyValue(value, isNew, depth + 1);
const anyList = listWalk(anyValue)!;

/** Keys, as elements of sets, stay as they are: whoever is iterating would meet those put in again. */
function visitMap(map: Map<unknown, unknown>, isNew: boolean, depth: number): void {
  for (const [key, value] of map) {
    if (typeof value === 'string') map.set(key, detach(value));
    else anyValue(value, isNew, depth + 1);
  }
}
