/** Names for generated declarations: the user's own where free, else numbered. */

const keywords =
  'abstract any arguments as async await boolean break case catch class const continue debugger declare default delete do else enum eval export extends false finally for from function get if implements import in instanceof interface let new null number object of package private protected public return set static string super switch symbol this throw true try type typeof undefined unknown var void while with yield';
const globals =
  'Array ArrayBuffer Atomics BigInt BigInt64Array BigUint64Array Boolean Buffer DataView Date Error Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array Intl Iterator JSON Map Math NaN Number Object Promise Proxy RangeError Reflect RegExp Set SharedArrayBuffer String Symbol SyntaxError TextDecoder TextEncoder TypeError URL Uint16Array Uint32Array Uint8Array WeakMap WeakRef WeakSet atob btoa clearTimeout console constructor crypto decodeURIComponent encodeURIComponent exports fetch globalThis isFinite isNaN module parseFloat parseInt performance process queueMicrotask require setImmediate setTimeout structuredClone';
const taken: ReadonlySet<string> = new Set(`${keywords} ${globals}`.split(' '));

/** Names that the generator writes literally in every task. */
const fixed: ReadonlySet<string> = new Set(
  'batch checkpointId ctx error i idle input length letter now op params taskModule timestamps watermark watermarks'.split(
    ' ',
  ),
);

export class Names {
  readonly #used = new Set<string>();
  /** names in scopes inside this one: a name given out here later would be hidden there */
  readonly #inner = new Set<string>();
  readonly #parent: Names | null;
  readonly #avoid: ReadonlySet<string>;

  /** `avoid`: names that mean something else in text that will stand in this scope. */
  constructor(parent: Names | null, avoid: ReadonlySet<string>) {
    this.#parent = parent;
    this.#avoid = avoid;
  }
  isFree(name: string): boolean {
    return (
      !taken.has(name) &&
      !fixed.has(name) &&
      !this.#avoid.has(name) &&
      !this.#inner.has(name) &&
      !this.isUsed(name)
    );
  }
  /** Declared here or further out. */
  isUsed(name: string): boolean {
    return this.#used.has(name) || (this.#parent?.isUsed(name) ?? false);
  }
  fresh(hint: string): string {
    const base = identifier(hint);
    let name = base;
    for (let n = 2; !this.isFree(name); n++) name = /\d$/.test(base) ? `${base}_${n}` : `${base}${n}`;
    this.#used.add(name);
    this.#parent?.hides(name);
    return name;
  }
  hides(name: string): void {
    this.#inner.add(name);
    this.#parent?.hides(name);
  }
}

/** `Source: my orders` → `sourceMyOrders` */
export function identifier(hint: string): string {
  const words = hint.split(/[^\p{L}\p{N}_$]+/u).filter(w => w !== '');
  const joined = words.map((w, i) => (i === 0 ? w : w[0]!.toUpperCase() + w.slice(1))).join('');
  const name =
    /^[\p{Lu}]/u.test(joined) && words.length > 1 ? joined[0]!.toLowerCase() + joined.slice(1) : joined;
  return name === '' ? 'value' : /^\p{N}/u.test(name) ? `_${name}` : name;
}

export function isIdentifier(name: string): boolean {
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name);
}

/** Property access: `.price` or `["unit price"]`. */
export function access(name: string): string {
  return isIdentifier(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

/** Key of an object literal; `__proto__: x` would set the prototype. */
export function propertyKey(name: string): string {
  if (name === '__proto__') return '["__proto__"]';
  return isIdentifier(name) ? name : JSON.stringify(name);
}

export function lowerFirst(name: string): string {
  return name[0]!.toLowerCase() + name.slice(1);
}
