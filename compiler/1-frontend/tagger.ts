/**
 * The global `__flinkc` of the staging worker: what instrumented modules report to while they run. Knows where
 * every function, class and object of the program comes from.
 */
import { pathToFileURL } from 'node:url';
import path from 'node:path';
import type { StagedHelper } from './stage-protocol.js';
import { HelperCalls, type RunningHelper } from './helper-calls.js';
import { fingerprint, type Fingerprint, type FingerprintContext } from './fingerprint.js';

/** Name given to `export default function () {}`, which must stay a hoisted declaration. */
export const defaultName = '__flinkc_default';

/** Lazy captures: name → getter. A getter throws while its variable is not initialised. */
export type CaptureThunk = (() => Readonly<Record<string, () => unknown>>) | null;

export type Tag =
  | { readonly kind: 'function' | 'class'; readonly site: string; readonly captures: CaptureThunk }
  | { readonly kind: 'import'; readonly from: string; readonly name: string }
  | { readonly kind: 'global'; readonly name: string };

/** An object made by `new` in the program. */
export interface Construction {
  readonly ctor: object;
  readonly args: readonly unknown[];
  readonly site: string;
  /** state right after the constructor returned, by field; private fields included */
  readonly fields: ReadonlyMap<string, Fingerprint>;
  readonly argsThen: readonly Fingerprint[];
}

export class Tagger implements FingerprintContext {
  readonly #tags = new WeakMap<object, Tag>();
  readonly #methods = new WeakMap<object, string>();
  readonly #constructions = new WeakMap<object, Construction>();
  readonly #places = new WeakMap<object, string>();
  readonly #privateReaders = new WeakMap<object, (o: object) => Readonly<Record<string, unknown>>>();
  readonly #root: string;
  readonly #isStandIn: (object: object) => boolean;
  readonly #onNewDate: (via: (...args: never[]) => unknown) => void;
  readonly #apiClasses = new Set<unknown>();
  /** how many times the program waits, by place */
  readonly #waiting = new Map<string, number>();
  readonly #helperCalls = new HelperCalls();
  #site: string | null = null;
  #taken: string | null = null;

  constructor(options: {
    readonly root: string;
    readonly isStandIn: (object: object) => boolean;
    readonly onNewDate: (via: (...args: never[]) => unknown) => void;
  }) {
    this.#root = options.root;
    this.#isStandIn = options.isStandIn;
    this.#onNewDate = options.onNewDate;
    for (const [name, value] of globalFunctions()) {
      if (!this.#tags.has(value)) this.#tags.set(value, { kind: 'global', name });
    }
  }

  isOpaque(object: object): boolean {
    return this.#isStandIn(object);
  }
  tagOf(value: object): Tag | undefined {
    return this.#tags.get(value);
  }
  constructionOf(value: object): Construction | undefined {
    return this.#constructions.get(value);
  }
  /** `Class.method` of a method of the user's classes. */
  methodName(fn: object): string | null {
    return this.#methods.get(fn) ?? null;
  }
  /** Call or `new` that made an object of flinkc's libraries. */
  placeOf(value: object): string | null {
    return this.#places.get(value) ?? null;
  }
  takeSite(): string | null {
    this.#taken = this.#site;
    this.#site = null;
    return this.#taken;
  }
  /** The API call that is running. */
  currentSite(): string | null {
    return this.#taken;
  }
  /** Made by a class of flinkc's own libraries: streams, environments and what else exists only while staging. */
  isApiInstance(object: object): boolean {
    for (
      let p = Object.getPrototypeOf(object) as object | null;
      p !== null;
      p = Object.getPrototypeOf(p) as object | null
    ) {
      if (this.#apiClasses.has(p.constructor)) return true;
    }
    return false;
  }

  get helpers(): readonly StagedHelper[] {
    return this.#helperCalls.all;
  }

  /** Place of an `await` whose promise has not settled: the one begun last. */
  get waitingAt(): string | null {
    return [...this.#waiting.keys()].at(-1) ?? null;
  }

  // What follows is called by instrumented code.

  waiting<T>(site: string, promise: T): T {
    this.#waiting.set(site, (this.#waiting.get(site) ?? 0) + 1);
    return promise;
  }

  awaited<T>(site: string, value: T): T {
    const open = this.#waiting.get(site)! - 1;
    if (open === 0) this.#waiting.delete(site);
    else this.#waiting.set(site, open);
    return value;
  }

  tag<F extends object>(site: string, fn: F, captures: CaptureThunk, name?: string): F {
    this.#tags.set(fn, { kind: 'function', site, captures });
    return named(fn, name);
  }

  tagClass<C extends object>(site: string, ctor: C, captures: CaptureThunk, name?: string): C {
    this.#tags.set(ctor, { kind: 'class', site, captures });
    const tagged = named(ctor, name);
    this.#noteMethods(tagged);
    return tagged;
  }
  /** Methods are shipped with their class; by themselves they are only recognised. */
  #noteMethods(ctor: object): void {
    const { name, prototype } = ctor as { readonly name: string; readonly prototype: object };
    for (const method of Object.getOwnPropertyNames(prototype)) {
      const value = Object.getOwnPropertyDescriptor(prototype, method)?.value as unknown;
      if (typeof value === 'function' && value !== ctor) this.#methods.set(value, `${name}.${method}`);
    }
  }

  tagMethod<O extends object>(object: O, name: string, site: string, captures: CaptureThunk): O {
    const method = Object.getOwnPropertyDescriptor(object, name)?.value as unknown;
    // a later property of the same name replaces the method
    if (typeof method === 'function' && !this.#tags.has(method)) {
      this.#tags.set(method, { kind: 'function', site, captures });
    }
    return object;
  }

  /** All exports of flinkc, whether the program imports them or not. */
  api(namespace: object, from: string): void {
    this.#registerNamespace(namespace, from);
    for (const value of Object.values(namespace))
      if (typeof value === 'function') this.#apiClasses.add(value);
  }

  imported(read: () => unknown, from: string, name: string): void {
    if (name === '*') this.#registerNamespace(read() as object, from);
    else this.#registerImport(read(), from, name);
  }

  async importedLater(loading: Promise<object>, from: string): Promise<object> {
    const namespace = await loading;
    this.#registerNamespace(namespace, from);
    return namespace;
  }

  /** A property, so that it can be named as the frame below which the program's own frames begin. */
  readonly make = (
    site: string,
    ctor: new (...args: unknown[]) => object,
    args: readonly unknown[],
    helper?: unknown,
  ): object => {
    if ((ctor as unknown) === Date && args.length === 0) this.#onNewDate(this.make);
    const argsThen = args.map(arg => fingerprint(arg, this));
    const made = Reflect.construct(ctor, args);
    this.#places.set(made, site);
    const reached = this.#helperCalls.siteIn(helper, site);
    this.#constructions.set(made, { ctor, args, site: reached, fields: this.fieldsOf(made), argsThen });
    return made;
  };

  made<V>(site: string, value: V): V {
    if (typeof value === 'object' && value !== null) this.#places.set(value, site);
    return value;
  }

  /** An API call, or a call that may turn out to be a helper of the program with the same name. */
  at<V>(site: string, value: V, helper?: unknown): V {
    this.#site = this.#helperCalls.siteIn(helper, site);
    this.#helperCalls.announce(this.#site);
    return value;
  }

  /** A call of one of the program's own functions. */
  calling<V>(site: string, value: V, helper?: unknown): V {
    this.#helperCalls.announce(this.#helperCalls.siteIn(helper, site));
    return value;
  }

  /** What a generic class's type parameters are for `object` is said where it was made; null while that still goes on. */
  instance(object: object): RunningHelper | null {
    const construction = this.#constructions.get(object);
    return construction ? this.#helperCalls.made(construction.site) : null;
  }

  entered(declaration: string, outer?: unknown): RunningHelper | null {
    return this.#helperCalls.enter(declaration, outer);
  }

  privateFields(owner: object, read: (o: object) => Readonly<Record<string, unknown>>): void {
    this.#privateReaders.set(owner, read);
  }

  /** `import.meta` of the module as it lies on disk, not of the staged bundle. */
  meta(file: string): object {
    const filename = path.join(this.#root, file);
    return { url: pathToFileURL(filename).href, filename, dirname: path.dirname(filename) };
  }

  /** Own and `#private` fields, with the contents of collections under a name of their own. */
  fieldsOf(object: object): ReadonlyMap<string, Fingerprint> {
    const fields = new Map<string, Fingerprint>();
    for (const key of Object.keys(object)) {
      const { value } = Object.getOwnPropertyDescriptor(object, key)!;
      fields.set(key, fingerprint(value, this));
    }
    for (const [name, value] of this.privateFieldsOf(object)) fields.set(name, fingerprint(value, this));
    if (object instanceof Map) fields.set('(entries)', fingerprint([...object], this));
    if (object instanceof Set) fields.set('(values)', fingerprint([...object], this));
    return fields;
  }

  *privateFieldsOf(object: object): Iterable<[string, unknown]> {
    for (
      let p: object | null = object.constructor ?? null;
      p !== null;
      p = Object.getPrototypeOf(p) as object | null
    ) {
      const read = this.#privateReaders.get(p);
      if (read) yield* Object.entries(read(object));
    }
  }

  #registerImport(value: unknown, from: string, name: string): void {
    if (isTaggable(value) && !this.#tags.has(value)) this.#tags.set(value, { kind: 'import', from, name });
  }

  #registerNamespace(namespace: object, from: string): void {
    this.#registerImport(namespace, from, '*');
    for (const name of Object.keys(namespace))
      this.#registerImport((namespace as Record<string, unknown>)[name], from, name);
  }
}

/**
 * Inside a call, a function expression does not get the name that its variable or property would give it, and
 * bundling renames functions where modules use the same name.
 */
function named<F extends object>(fn: F, name: string | undefined): F {
  if (name !== undefined && (fn as { readonly name?: unknown }).name !== name) {
    Object.defineProperty(fn, 'name', { value: name, configurable: true });
  }
  return fn;
}

function isTaggable(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** Objects of the platform whose methods are worth passing around: `map(Math.abs)`. */
const namespaces = [
  'Math',
  'JSON',
  'Object',
  'Number',
  'String',
  'Array',
  'Date',
  'BigInt',
  'Reflect',
  'Intl',
  'console',
];
/** Accessors of globalThis; all other globals are found there as plain values. */
const lazyGlobals = ['performance', 'crypto'];

function* globalFunctions(): Iterable<[string, object]> {
  const globals = globalThis as unknown as Record<string, Record<string, unknown>>;
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    const value = Object.getOwnPropertyDescriptor(globalThis, name)!.value as unknown;
    if (isTaggable(value)) yield [name, value];
  }
  for (const name of lazyGlobals) yield [name, globals[name]!];
  for (const namespace of namespaces) {
    for (const member of Object.getOwnPropertyNames(globals[namespace])) {
      const value = Object.getOwnPropertyDescriptor(globals[namespace], member)!.value as unknown;
      if (typeof value === 'function') yield [`${namespace}.${member}`, value];
    }
  }
}
