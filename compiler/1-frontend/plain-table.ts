/** Big tables that functions capture: one text instead of a value for every entry, which all later steps would walk. */
export interface PlainTable {
  /** what the text is the JSON of: itself, the entries of a Map, the elements of a Set */
  readonly shape: 'plain' | 'map' | 'set';
  readonly text: string;
  /** objects inside, which nothing else may refer to */
  readonly inside: readonly object[];
}

/** Smaller ones are written out in generated code, where one can read them. */
const smallest = 500;
const deepest = 50;

/**
 * Null when there is more in it than JSON can say, or an object that has another meaning or place (`isKnown`), or the
 * same object twice.
 */
export function plainTable(root: object, isKnown: (object: object) => boolean): PlainTable | null {
  const isMap = Object.getPrototypeOf(root) === Map.prototype;
  const isSet = Object.getPrototypeOf(root) === Set.prototype;
  const data = isMap || isSet ? Array.from(root as Map<unknown, unknown> | Set<unknown>) : root;
  const inside = new Set<object>();
  let count = 0;

  const isPlain = (value: unknown, depth: number): boolean => {
    count++;
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return true;
      case 'number':
        return Number.isFinite(value) && !Object.is(value, -0);
      case 'object':
        if (value === null) return true;
        if (depth > deepest || inside.has(value) || isKnown(value)) return false;
        inside.add(value);
        return isPlainObject(value, depth + 1);
      default:
        return false;
    }
  };
  const isPlainObject = (object: object, depth: number): boolean => {
    if (Array.isArray(object)) {
      for (let i = 0; i < object.length; i++) if (!isPlain(object[i], depth)) return false;
      return true;
    }
    const prototype = Object.getPrototypeOf(object) as object | null;
    if (prototype !== Object.prototype && prototype !== null) return false;
    for (const key of Object.keys(object)) {
      const descriptor = Object.getOwnPropertyDescriptor(object, key)!;
      if (!('value' in descriptor) || !isPlain(descriptor.value, depth)) return false;
    }
    return true;
  };
  const isPair = (pair: unknown): boolean => {
    const [key, value] = pair as [unknown, unknown];
    return isPlain(key, 1) && isPlain(value, 1);
  };
  const fits = isMap ? (data as unknown[]).every(isPair) : isPlainObject(data, 0);
  if (!fits || count < smallest) return null;
  return { shape: isMap ? 'map' : isSet ? 'set' : 'plain', text: JSON.stringify(data), inside: [...inside] };
}
