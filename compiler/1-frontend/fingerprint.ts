/**
 * A short text of what a value holds, to notice that it changed. Functions, classes and objects with a known
 * origin count by identity; their insides are compared where they are captured.
 */
export type Fingerprint = string;

/** Bigger structures count as always changed, so that their present contents are shipped. */
const maxNodes = 20_000;
const maxNesting = 1_000;
const identities = new WeakMap<object, number>();
let nextIdentity = 0;

export interface FingerprintContext {
  /** counts by identity; looking inside would have effects */
  isOpaque(object: object): boolean;
  privateFieldsOf(object: object): Iterable<[string, unknown]>;
}

export function fingerprint(value: unknown, context: FingerprintContext): Fingerprint {
  const seen = new Map<object, number>();
  const parts: string[] = [];
  const visit = (v: unknown): void => {
    if (typeof v === 'function') parts.push(`f${identityOf(v)}`);
    else if (typeof v !== 'object' || v === null) parts.push(primitive(v));
    else if (context.isOpaque(v)) parts.push(`o${identityOf(v)}`);
    else visitObject(v);
  };
  let depth = 0;
  let isBig = false;
  const visitObject = (object: object): void => {
    if (++depth > maxNesting) isBig = true;
    else describe(object);
    depth--;
  };
  const describe = (object: object): void => {
    const known = seen.get(object);
    if (known !== undefined) {
      parts.push(`^${known}`);
      return;
    }
    seen.set(object, seen.size);
    if (seen.size > maxNodes) isBig = true;
    if (isBig) return;
    parts.push(
      Array.isArray(object) ? '[' : `{${identityOf(Object.getPrototypeOf(object) as object | null)}`,
    );
    if (object instanceof Map) for (const item of [...object.entries()].flat(1)) visit(item);
    else if (object instanceof Set) for (const v of object) visit(v);
    else if (object instanceof Date) parts.push(String(object.getTime()));
    else if (object instanceof RegExp) parts.push(String(object), String(object.lastIndex));
    for (const key of Object.keys(object)) {
      const descriptor = Object.getOwnPropertyDescriptor(object, key)!;
      parts.push(JSON.stringify(key));
      if ('value' in descriptor) visit(descriptor.value);
    }
    for (const [name, field] of context.privateFieldsOf(object)) {
      parts.push(name);
      visit(field);
    }
    parts.push('}');
  };
  visit(value);
  return isBig ? `big ${nextIdentity++}` : parts.join(',');
}

function primitive(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (Object.is(value, -0)) return '-0';
  return String(value);
}

function identityOf(object: object | null): number {
  if (object === null) return -1;
  let identity = identities.get(object);
  if (identity === undefined) identities.set(object, (identity = nextIdentity++));
  return identity;
}
