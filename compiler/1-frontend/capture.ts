/** Serialises live values of the staged program: what an operator captured, so that the artifact can make it again. */
import { ship, type Shippable } from '../../plugins/api/shipping.js';
import type { Span } from '../ir/span.js';
import type { Captures, SiteId, Value } from '../ir/value.js';
import { parseSite } from './call-site.js';
import { fingerprint } from './fingerprint.js';
import type { StandIns } from './parameters.js';
import { plainTable } from './plain-table.js';
import type { Construction, Tagger } from './tagger.js';

/** Built-in classes whose instances never change and follow from the constructor's arguments. */
const replayable: ReadonlySet<unknown> = new Set([TextEncoder, TextDecoder, ...intlClasses()]);

/** Generated code and everything that walks through values recurse as deep as values are nested. */
const maxNesting = 400;

export class Capturer {
  readonly #tagger: Tagger;
  readonly #standIns: StandIns;

  constructor(tagger: Tagger, standIns: StandIns) {
    this.#tagger = tagger;
    this.#standIns = standIns;
  }

  /** For all values of one operator: what they share is described once, at its first occurrence. */
  begin(): Walk {
    return new Walk(this.#tagger, this.#standIns);
  }
}

/** Values that belong together: ids and references count within them. */
export class Walk {
  readonly #tagger: Tagger;
  readonly #standIns: StandIns;
  readonly #ids = new Map<object, number>();
  /** data on the way from the root to here: meeting it again is a cycle */
  readonly #open = new Set<object>();
  /** how many functions and instances of the user's classes are around here: options of sources are looked into */
  #userCode = 0;
  readonly #tables = new Map<object, CapturedTable>();

  constructor(tagger: Tagger, standIns: StandIns) {
    this.#tagger = tagger;
    this.#standIns = standIns;
  }

  /** `path` begins with what the value is, for messages: "the function given to map". */
  visit(value: unknown, path: string): Value {
    switch (typeof value) {
      case 'undefined':
        return { t: 'undefined' };
      case 'string':
      case 'boolean':
        return { t: 'primitive', value };
      case 'number':
        return numberValue(value);
      case 'bigint':
        return { t: 'bigint', text: String(value) };
      case 'symbol':
        return unshippable(path, 'a symbol');
      case 'function':
        return this.#visitFunction(value, path);
      case 'object':
        return value === null ? { t: 'primitive', value } : this.#visitObject(value, path);
    }
  }

  #visitFunction(fn: object, path: string): Value {
    const tag = this.#tagger.tagOf(fn);
    if (tag === undefined) {
      const method = this.#tagger.methodName(fn);
      return method === null
        ? unshippable(path, describeFunction(fn), 'FC1108')
        : unshippable(path, method, 'FC1112');
    }
    if (tag.kind === 'global') return { t: 'global', name: tag.name };
    if (tag.kind === 'import') return imported(tag);
    const known = this.#ids.get(fn);
    if (known !== undefined) return { t: 'ref', id: known };
    if (tag.kind === 'function' && Object.keys(fn).length > 0) {
      return unshippable(path, 'a function with properties of its own, which would be lost');
    }
    const id = this.#identify(fn);
    const captures: Record<string, Value> = {};
    this.#userCode++;
    for (const [name, read] of Object.entries(tag.captures?.() ?? {})) {
      captures[name] = this.#visitCapture(read, name, path);
    }
    this.#userCode--;
    return { t: tag.kind, id, site: tag.site as SiteId, captures: captures satisfies Captures };
  }

  #visitCapture(read: () => unknown, name: string, path: string): Value {
    let value: unknown;
    try {
      value = read();
    } catch {
      return unshippable(`${path} → ${name}`, 'not initialised yet', 'FC1103'); // declared further down
    }
    return this.visit(value, `${path} → ${name}`);
  }

  #visitObject(object: object, path: string): Value {
    const parameter = this.#standIns.parameterOf(object); // before anything that could trip the stand-in
    if (parameter) return { t: parameter.kind === 'secret' ? 'secret' : 'parameter', name: parameter.name };
    const tag = this.#tagger.tagOf(object);
    if (tag?.kind === 'import') return imported(tag);
    if (tag?.kind === 'global') return { t: 'global', name: tag.name };
    if (this.#open.has(object)) return unshippable(path, 'a cycle', 'FC1106');
    const table = this.#tables.get(object);
    if (table) this.#writeOut(table);
    const known = this.#ids.get(object);
    if (known !== undefined) return { t: 'ref', id: known };
    if (this.#open.size >= maxNesting)
      return unshippable(`${path.slice(0, 80)}…`, `nested more than ${maxNesting} levels deep`);

    this.#open.add(object);
    const value = this.#describe(object, path);
    this.#open.delete(object);
    return value;
  }

  #describe(object: object, path: string): Value {
    return (this.#userCode > 0 ? this.#visitTable(object, path) : null) ?? this.#describeAll(object, path);
  }

  #visitTable(object: object, path: string): Value | null {
    if (this.#isSpecial(object)) return null;
    const table = plainTable(object, inner => this.#isSpecial(inner) || this.#ids.has(inner));
    if (!table) return null;
    const { shape, text, inside } = table;
    const value: Value = { t: 'table', id: this.#identify(object), shape, text };
    for (const inner of inside) this.#tables.set(inner, { object, value, path, inside });
    return value;
  }

  /** Means more than the data in it. */
  #isSpecial(object: object): boolean {
    return (
      this.#standIns.parameterOf(object) !== undefined ||
      this.#tagger.tagOf(object) !== undefined ||
      isShippable(object)
    );
  }

  /** Something else refers to an object inside of a table: it needs a description of its own, as all beside it do. */
  #writeOut({ object, value, path, inside }: CapturedTable): void {
    for (const inner of inside) this.#tables.delete(inner);
    const { id } = value as Value & { readonly id: number };
    const parts = { shape: undefined, text: undefined, ...this.#describeAll(object, path), id };
    this.#ids.set(object, id);
    Object.assign(value, parts);
  }

  #describeAll(object: object, path: string): Value {
    const construction = this.#tagger.constructionOf(object);
    const isUsersClass = construction && this.#tagger.tagOf(construction.ctor)?.kind === 'class';
    if (isShippable(object) && !isUsersClass) return this.#visitApiObject(object, path);
    const prototype = Object.getPrototypeOf(object) as object | null;
    if (Array.isArray(object)) {
      const id = this.#identify(object);
      return { t: 'array', id, items: Array.from(object, (item, i) => this.visit(item, `${path}[${i}]`)) };
    }
    if (prototype === Object.prototype || prototype === null) return this.#visitPlainObject(object, path);
    const builtin = this.#visitBuiltin(object, prototype, path);
    if (builtin) return builtin;
    if (construction && this.#canReplay(construction)) {
      this.#userCode++;
      const made = this.#visitConstructed(object, construction, path);
      this.#userCode--;
      return made;
    }
    if (this.#tagger.isApiInstance(object)) return unshippable(path, this.#apiClassName(object), 'FC1105');
    return unshippable(path, instanceOf(object, construction));
  }

  #visitApiObject(object: Shippable, path: string): Value {
    const id = this.#identify(object);
    const { module, name, args } = object[ship]();
    return {
      t: 'api',
      id,
      module,
      name,
      args: args.map((arg, i) => this.visit(arg, `${path} → ${name}[${i}]`)),
      at: this.#placeOf(object),
    };
  }

  #visitPlainObject(object: object, path: string): Value {
    const id = this.#identify(object);
    const entries: [string, Value][] = [];
    for (const key of Object.keys(object)) {
      const descriptor = Object.getOwnPropertyDescriptor(object, key)!;
      const at = `${path}.${key}`;
      entries.push([
        key,
        'value' in descriptor ? this.visit(descriptor.value, at) : unshippable(at, 'a getter'),
      ]);
    }
    return { t: 'object', id, entries };
  }

  #visitBuiltin(object: object, prototype: object, path: string): Value | null {
    if (prototype === Map.prototype) {
      const id = this.#identify(object);
      const entries = Array.from(object as Map<unknown, unknown>, ([key, value], i): [Value, Value] => [
        this.visit(key, `${path}.keys()[${i}]`),
        this.visit(value, `${path}.get(${typeof key === 'string' ? key : `#${i}`})`),
      ]);
      return { t: 'map', id, entries };
    }
    if (prototype === Set.prototype) {
      const id = this.#identify(object);
      const items = Array.from(object as Set<unknown>, (item, i) =>
        this.visit(item, `${path}.values()[${i}]`),
      );
      return { t: 'set', id, items };
    }
    if (prototype === Date.prototype) return { t: 'date', ms: (object as Date).getTime() };
    if (prototype === RegExp.prototype) {
      return { t: 'regexp', source: (object as RegExp).source, flags: (object as RegExp).flags };
    }
    if (ArrayBuffer.isView(object) && prototype.constructor.name in globalThis) {
      const bytes = Buffer.from(object.buffer, object.byteOffset, object.byteLength);
      return { t: 'bytes', ctor: prototype.constructor.name, base64: bytes.toString('base64') };
    }
    return null;
  }

  #canReplay({ ctor }: Construction): boolean {
    const tag = this.#tagger.tagOf(ctor);
    return (
      tag?.kind === 'class' || (tag?.kind === 'import' && !isApiModule(tag.from)) || replayable.has(ctor)
    );
  }

  #visitConstructed(object: object, construction: Construction, path: string): Value {
    const id = this.#identify(object);
    const { ctor, args, fields, argsThen, site } = construction;
    const changed = args.findIndex((arg, i) => fingerprint(arg, this.#tagger) !== argsThen[i]);
    if (changed !== -1) return unshippable(path, `argument ${changed + 1} of its constructor`, 'FC1109');
    const patch: [string, Value][] = [];
    for (const [name, now] of this.#tagger.fieldsOf(object)) {
      if (now === fields.get(name)) continue;
      if (name.startsWith('#') || name.startsWith('(')) return unshippable(path, `its ${name}`, 'FC1109');
      patch.push([name, this.visit((object as Record<string, unknown>)[name], `${path}.${name}`)]);
    }
    const ctorValue: Value = replayable.has(ctor)
      ? { t: 'global', name: globalName(ctor) }
      : this.#visitFunction(ctor, `${path} → ${functionName(ctor)}`);
    return {
      t: 'new',
      id,
      ctor: ctorValue,
      args: args.map((arg, i) => this.visit(arg, `${path} → new ${functionName(ctor)}[${i}]`)),
      patch,
      at: parseSite(site),
    };
  }

  /** As exported: bundlers may have renamed the class. */
  #apiClassName(object: object): string {
    const tag = this.#tagger.tagOf((Object.getPrototypeOf(object) as object).constructor);
    return tag?.kind === 'import' ? tag.name : className(object);
  }

  #identify(object: object): number {
    const id = this.#ids.size;
    this.#ids.set(object, id);
    return id;
  }

  #placeOf(object: object): Span | null {
    const site = this.#tagger.placeOf(object);
    return site === null ? null : parseSite(site);
  }
}

interface CapturedTable {
  readonly object: object;
  readonly value: Value;
  readonly path: string;
  readonly inside: readonly object[];
}

function numberValue(value: number): Value {
  if (Number.isFinite(value) && !Object.is(value, -0)) return { t: 'primitive', value };
  const text = Object.is(value, -0) ? '-0' : (String(value) as 'NaN' | 'Infinity' | '-Infinity');
  return { t: 'number', text };
}

function imported({ from, name }: { readonly from: string; readonly name: string }): Value {
  return isApiModule(from) ? { t: 'apiExport', module: from, name } : { t: 'import', from, name };
}

function isApiModule(specifier: string): boolean {
  return specifier === 'flinkc' || specifier.startsWith('flinkc/');
}

function unshippable(path: string, why: string, code = 'FC1104'): Value {
  return { t: 'unshippable', path, why, code };
}

function isShippable(object: object): object is Shippable {
  return typeof (object as Partial<Shippable>)[ship] === 'function';
}

function describeFunction(fn: object): string {
  const name = functionName(fn);
  return name.startsWith('bound ') ? 'a bound function' : `function '${name}'`;
}
function functionName(fn: object): string {
  return (fn as { readonly name?: string }).name || 'anonymous';
}
function className(object: object): string {
  return (Object.getPrototypeOf(object) as object | null)?.constructor.name || 'an anonymous class';
}
function instanceOf(object: object, construction: Construction | undefined): string {
  const name = className(object);
  if (object instanceof Promise) return 'a promise';
  if (construction === undefined)
    return `an instance of ${name} that the program did not make with \`new ${name}\``;
  return `an instance of ${name}, which is not declared in the program`;
}

function intlClasses(): readonly unknown[] {
  return Object.getOwnPropertyNames(Intl)
    .map(name => (Intl as unknown as Record<string, unknown>)[name])
    .filter(value => typeof value === 'function');
}
function globalName(ctor: object): string {
  const name = functionName(ctor);
  return name in globalThis ? name : `Intl.${name}`;
}
