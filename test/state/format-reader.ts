/**
 * A reader of savepoints written from docs/checkpoint-format.md alone: it imports nothing of flinkc, so that what it can
 * read is what the page says.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

type Literal = string | number | boolean;
interface Field {
  readonly name: string;
  readonly optional: boolean;
  readonly of: Type;
}
export type Type =
  | { readonly is: 'plain'; readonly name: string }
  | { readonly is: 'enum'; readonly literals: readonly Literal[] }
  | { readonly is: 'nullable'; readonly of: Type; readonly orNull: boolean; readonly orUndefined: boolean }
  | { readonly is: 'struct'; readonly fields: readonly Field[] }
  | { readonly is: 'tuple'; readonly items: readonly Type[]; readonly rest: Type | null }
  | { readonly is: 'list' | 'set' | 'record'; readonly of: Type }
  | { readonly is: 'map'; readonly key: Type; readonly value: Type }
  | { readonly is: 'union'; readonly cases: readonly Type[] }
  | { readonly is: 'recursive'; readonly of: Type }
  | { readonly is: 'reference'; readonly distance: number };

/** "Schemas" of the page. */
export function typeOf(text: string): Type {
  let at = 0;
  const fail = (wanted: string): never => {
    throw new Error(`${wanted} expected at ${at} of ${text}`);
  };
  const skip = (token: string): boolean => {
    if (!text.startsWith(token, at)) return false;
    at += token.length;
    return true;
  };
  const need = (token: string): void => void (skip(token) || fail(`'${token}'`));
  const match = (pattern: RegExp): string => {
    const [found] = new RegExp(pattern.source, 'y').exec(text.slice(at)) ?? fail(String(pattern));
    at += found!.length;
    return found!;
  };
  const literal = (): Literal =>
    JSON.parse(match(/"(?:[^"\\]|\\.)*"|true|false|-?[\d.]+(?:[eE][+-]?\d+)?/)) as Literal;
  const name = (): string => (text[at] === '"' ? String(literal()) : match(/[A-Za-z_$][\w$]*/));
  const inside = (): Type => {
    need('<');
    const of = schema();
    need('>');
    return of;
  };
  const struct = (): Type => {
    const fields: Field[] = [];
    if (skip('}')) return { is: 'struct', fields };
    need(' ');
    do {
      const field = name();
      const optional = skip('?');
      need(': ');
      fields.push({ name: field, optional, of: schema() });
    } while (skip('; '));
    need(' }');
    return { is: 'struct', fields };
  };
  const tuple = (): Type => {
    const items: Type[] = [];
    let rest: Type | null = null;
    if (skip(']')) return { is: 'tuple', items, rest };
    do {
      if (skip('...')) rest = schema();
      else items.push(schema());
    } while (skip(', '));
    need(']');
    return { is: 'tuple', items, rest };
  };
  const union = (): Type => {
    need('<by ');
    name();
    const cases: Type[] = [];
    while (skip(' | ')) {
      literal();
      need(': ');
      cases.push(schema());
    }
    need('>');
    return { is: 'union', cases };
  };
  const schema = (): Type => {
    if (skip('{')) return struct();
    if (skip('[')) return tuple();
    if (skip('^')) return { is: 'reference', distance: Number(match(/\d+/)) };
    const word = match(/[a-z0-9]+/);
    switch (word) {
      case 'decimal':
        match(/\(\d+, \d+\)/);
        return { is: 'plain', name: word };
      case 'enum': {
        const literals: Literal[] = [];
        need('(');
        do literals.push(literal());
        while (skip(', '));
        need(')');
        return { is: 'enum', literals };
      }
      case 'nullable': {
        need('<');
        const of = schema();
        const orNull = skip(', null');
        const orUndefined = skip(', undefined');
        need('>');
        return { is: 'nullable', of, orNull, orUndefined };
      }
      case 'list':
      case 'set':
      case 'record':
      case 'recursive':
        return { is: word, of: inside() };
      case 'map': {
        need('<');
        const key = schema();
        need(', ');
        const value = schema();
        need('>');
        return { is: 'map', key, value };
      }
      case 'union':
        return union();
      default:
        return { is: 'plain', name: word };
    }
  };
  const type = schema();
  if (at < text.length) fail('the end');
  return type;
}

/** "Items that may take no bytes" of the page. */
function mayBeEmpty(type: Type): boolean {
  switch (type.is) {
    case 'plain':
      return type.name === 'null' || type.name === 'undefined';
    case 'enum':
      return type.literals.length === 1;
    case 'reference':
      return true;
    case 'recursive':
      return mayBeEmpty(type.of);
    case 'struct':
      return type.fields.every(field => bitsOf(field) === 0 && mayBeEmpty(field.of));
    case 'tuple':
      return type.rest === null && type.items.every(mayBeEmpty);
    default:
      return false;
  }
}

function bitsOf({ optional, of }: Field): number {
  if (of.is === 'nullable') return of.orNull && (optional || of.orUndefined) ? 2 : 1;
  return optional || (of.is === 'plain' && of.name === 'bool') ? 1 : 0;
}

export class Input {
  readonly #bytes: Buffer;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  get left(): number {
    return this.#bytes.length - this.at;
  }
  take(length: number): Buffer {
    if (length > this.left) throw new Error(`${length} bytes wanted, ${this.left} left`);
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }
  byte(): number {
    return this.take(1)[0]!;
  }
  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }
  text(): string {
    const n = this.varint();
    return n % 2 === 0 ? this.take(n / 2).toString('utf8') : this.take(n - 1).toString('utf16le');
  }
  bigint(): bigint {
    const n = this.varint();
    let z = 0n;
    if (n % 2 === 0) z = BigInt(n / 2);
    else for (const [i, byte] of this.take((n - 1) / 2).entries()) z |= BigInt(byte) << BigInt(8 * i);
    return z % 2n === 0n ? z / 2n : -(z + 1n) / 2n;
  }

  /** "Values" of the page. `around`: what the enclosing recursive schemas stand for, the outermost first. */
  value(type: Type, around: readonly Type[] = []): unknown {
    switch (type.is) {
      case 'plain':
        return this.#plain(type.name);
      case 'enum': {
        const { length } = type.literals;
        return type.literals[length === 1 ? 0 : length <= 256 ? this.byte() : this.varint()];
      }
      case 'nullable': {
        const which = this.byte();
        if (which === 1) return this.value(type.of, around);
        return which === 0 && type.orUndefined ? undefined : null;
      }
      case 'struct':
        return this.#struct(type.fields, around);
      case 'tuple': {
        const items = type.items.map(item => this.value(item, around));
        return type.rest === null ? items : [...items, ...this.#items(type.rest, around)];
      }
      case 'list':
        return this.#items(type.of, around);
      case 'set':
        return new Set(this.#items(type.of, around));
      case 'map': {
        const pad = mayBeEmpty(type.key) && mayBeEmpty(type.value);
        return new Map(
          this.#times(() => {
            const entry = [this.value(type.key, around), this.value(type.value, around)] as const;
            if (pad) this.byte();
            return entry;
          }),
        );
      }
      case 'record':
        return Object.fromEntries(this.#times(() => [this.text(), this.value(type.of, around)] as const));
      case 'union':
        return this.value(type.cases[this.byte()]!, around);
      case 'recursive':
        return this.value(type.of, [...around, type.of]);
      case 'reference': {
        const last = around.length - type.distance;
        return this.value(around[last - 1]!, around.slice(0, last));
      }
    }
  }

  #plain(name: string): unknown {
    switch (name) {
      case 'bool':
        return this.byte() === 1;
      case 'int32':
        return this.take(4).readInt32LE();
      case 'int64':
        return this.take(8).readBigInt64LE();
      case 'float32':
        return this.take(4).readFloatLE();
      case 'float64':
      case 'timestamp':
        return this.take(8).readDoubleLE();
      case 'date':
        return new Date(this.take(8).readDoubleLE());
      case 'string':
        return this.text();
      case 'bytes':
        return Uint8Array.from(this.take(this.varint()));
      case 'bigint':
      case 'decimal':
        return this.bigint();
      case 'null':
        return null;
      case 'undefined':
        return undefined;
      case 'json':
        return JSON.parse(this.text()) as unknown;
      default:
        throw new Error(`the page does not know '${name}'`);
    }
  }

  #struct(fields: readonly Field[], around: readonly Type[]): unknown {
    let bits = 0;
    const places = fields.map(field => {
      const own = bitsOf(field);
      if ((bits % 8) + own > 8) bits = Math.ceil(bits / 8) * 8;
      bits += own;
      return { own, from: bits - own };
    });
    const head = this.take(Math.ceil(bits / 8));
    const struct: Record<string, unknown> = {};
    const set = (name: string, value: unknown): void =>
      void Object.defineProperty(struct, name, {
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    fields.forEach(({ name, optional, of }, i) => {
      const { own, from } = places[i]!;
      const state = own === 0 ? 1 : (head[from >> 3]! >> (from % 8)) & (2 ** own - 1);
      if (own === 1 && !optional && of.is === 'plain') set(name, state === 1);
      else if (state === 1) set(name, this.value(of.is === 'nullable' ? of.of : of, around));
      else if (state === 2) set(name, null);
      else if (!optional) set(name, of.is === 'nullable' && of.orUndefined ? undefined : null);
    });
    return struct;
  }

  #items(of: Type, around: readonly Type[]): unknown[] {
    const pad = mayBeEmpty(of);
    return this.#times(() => {
      const item = this.value(of, around);
      if (pad) this.byte();
      return item;
    });
  }
  #times<T>(read: () => T): T[] {
    return Array.from({ length: this.varint() }, read);
  }
}

export interface Section {
  readonly name: string;
  readonly kind: string | null;
  readonly mode: string | null;
  readonly schema: {
    readonly key: string | null;
    readonly namespace: string | null;
    readonly mapKey: string | null;
    readonly value: string;
    readonly times: boolean;
    readonly layout: string;
  };
}
export interface Entry {
  readonly uid: string;
  readonly section: Section;
  readonly keyGroup: number;
  readonly key: unknown;
  readonly namespace: unknown;
  readonly contents: unknown;
}

/** All entries of a savepoint whose sections have no layout of their own; `skipped` gets the names of the others. */
export function readSavepoint(folder: string, skipped: Set<string>): readonly Entry[] {
  const bytes = readFileSync(join(folder, '_metadata'));
  const line = bytes.subarray(0, bytes.indexOf(10)).toString();
  const [, version, length, checksum] = /^flinkc-checkpoint (\d+) (\d+) ([0-9a-f]{8})$/.exec(line)!;
  const json = bytes.subarray(line.length + 1);
  same(version, '1');
  same(json.length, Number(length));
  same(crc32(json), Number.parseInt(checksum!, 16));
  interface File {
    readonly path: string;
    readonly length: number;
    readonly crc32: number;
    readonly inline?: string;
  }
  interface Operator {
    readonly keyed: { readonly kind: string; readonly file: File } | null;
    readonly operator: { readonly kind: string; readonly file: File } | null;
  }
  const { base, subtasks } = JSON.parse(json.toString()) as {
    readonly base: string;
    readonly subtasks: readonly { readonly operators: readonly Operator[] }[];
  };
  return subtasks
    .flatMap(({ operators }) => operators.flatMap(({ keyed, operator }) => [keyed, operator]))
    .flatMap(handle => {
      if (!handle) return [];
      same(handle.kind, 'canonical');
      const { inline, path } = handle.file;
      const content =
        inline === undefined ? readFileSync(join(folder, base, path)) : Buffer.from(inline, 'base64');
      same(content.length, handle.file.length);
      same(crc32(content), handle.file.crc32);
      return readStateFile(content, skipped);
    });
}

/** "State file" of the page. */
function readStateFile(file: Buffer, skipped: Set<string>): readonly Entry[] {
  same(file.subarray(0, 8).toString('hex'), '89464c4b53540d0a');
  same(file.readUInt32LE(8), 1);
  const headerEnd = 16 + file.readUInt32LE(12);
  const header = file.subarray(16, headerEnd);
  same(crc32(header), file.readUInt32LE(headerEnd));
  const { uid } = JSON.parse(header.toString()) as { readonly uid: string };
  const trailer = file.subarray(-24);
  same(trailer.subarray(16).toString('hex'), '464c4b454e440d0a');
  const footerAt = Number(trailer.readBigUInt64LE(0));
  const footer = file.subarray(footerAt, footerAt + trailer.readUInt32LE(8));
  same(crc32(footer), trailer.readUInt32LE(12));
  const { sections, index } = JSON.parse(footer.toString()) as {
    readonly sections: readonly Section[];
    readonly index: readonly number[];
  };
  const entries: Entry[] = [];
  let expected = headerEnd + 4;
  for (let i = 0; i < index.length; i += 4) {
    const [sectionIndex, keyGroup, start, end] = index.slice(i, i + 4) as [number, number, number, number];
    same(start, expected);
    expected = end;
    for (let at = start; at < end;) {
      const head = file.subarray(at, at + 16);
      const payload = file.subarray(at + 16, at + 16 + head.readUInt32LE(8));
      same(head.readUInt32LE(0), sectionIndex);
      same(head.readUInt32LE(4), keyGroup);
      same(crc32(payload, crc32(head.subarray(0, 12))), head.readUInt32LE(12));
      at += 16 + payload.length;
      const section = sections[sectionIndex]!;
      if (section.schema.layout !== '') skipped.add(`${uid}/${section.name}`);
      else entries.push(...readBlock(uid, section, keyGroup, new Input(payload)));
    }
  }
  same(expected, footerAt);
  return entries;
}

function readBlock(uid: string, section: Section, keyGroup: number, input: Input): readonly Entry[] {
  const { key, namespace, mapKey, value, times } = section.schema;
  const typed = (text: string | null): Type | null => (text === null ? null : typeOf(text));
  const [keyType, namespaceType, userKey, valueType] = [key, namespace, mapKey, value].map(typed);
  const one = (): unknown => {
    const read = input.value(valueType!);
    if (times) input.value({ is: 'plain', name: 'float64' });
    return read;
  };
  const several = <T>(read: () => T): readonly T[] => Array.from({ length: input.varint() }, read);
  const entries: Entry[] = [];
  while (input.left > 0) {
    const own = keyType ? input.value(keyType) : null;
    const window = namespaceType ? input.value(namespaceType) : null;
    const contents =
      section.kind === 'list'
        ? several(one)
        : section.kind === 'map'
          ? several(() => [input.value(userKey!), one()])
          : section.mode === 'broadcast'
            ? [input.value(userKey!), one()]
            : one();
    entries.push({ uid, section, keyGroup, key: own, namespace: window, contents });
    // A block of state that is not keyed is one element.
    if (section.kind === null) same(input.left, 0);
  }
  return entries;
}

function same(actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${String(actual)} instead of ${String(expected)}`);
}
