/**
 * Symbolic records: what is known about the current record while code is written. Structs are taken apart into
 * their leaves, so that a chain of operators works on scalars and no object is made unless somebody needs one.
 */
import type { BatchLayout, ColumnKind, Schema } from '../../plugins/api/index.js';
import { hasOwnFields } from '../../plugins/api/schema.js';
import { isMadeForExchange } from '../ir/batch-layout.js';
import type { PresenceFact, Usage } from '../ir/index.js';
import { fieldUsage, withGetters } from '../ir/index.js';
import type { Block } from './block.js';
import type { CodeLike } from './code.js';
import { access, lowerFirst, propertyKey } from './names.js';

/** A value that is in a local already (`name`), or is read on first use by `read`: pure and cheap. */
export interface Leaf {
  readonly hint: string;
  readonly name: string | null;
  readonly read: ((block: Block) => CodeLike) | null;
  /** kind of the column it comes from unchanged: needs no check when it goes into a column of the same kind */
  readonly column: ColumnKind | null;
  /** presence of a struct: what it is when it is not there */
  readonly absence?: 'null' | 'undefined' | 'either';
}

export type Sym =
  /** one JavaScript value: a primitive, or an object that stays whole */
  | { readonly kind: 'leaf'; readonly leaf: Leaf; readonly schema: Schema }
  | {
      readonly kind: 'struct';
      readonly schema: StructSchema;
      readonly fields: ReadonlyMap<string, Sym>;
      /** 1 there, 0 null, 2 undefined or absent; null: always there */
      readonly presence: Leaf | null;
    };
export type StructSchema = Extract<Schema, { readonly kind: 'struct' }>;

export function named(name: string, schema: Schema, column: ColumnKind | null = null): Sym {
  return { kind: 'leaf', leaf: { hint: name, name, read: null, column }, schema };
}

/** A fixed expression: literals, names. */
export function constant(code: string, schema: Schema): Sym {
  return { kind: 'leaf', leaf: { hint: 'value', name: code, read: null, column: null }, schema };
}

/** The local that holds the leaf, declared in `block` at first use. */
export function use(block: Block, leaf: Leaf): string {
  if (leaf.name !== null) return leaf.name;
  const known = block.known(leaf);
  if (known !== null) return known;
  const name = block.declare(leaf.hint, leaf.read!(block));
  block.remember(leaf, name);
  return name;
}

export function nonNull(schema: Schema): Schema {
  return schema.kind === 'nullable' ? nonNull(schema.of) : schema;
}

export function structOf(schema: Schema): StructSchema | null {
  const inner = nonNull(schema);
  return hasOwnFields(inner) ? inner : null;
}

export function fieldSchema(schema: Schema, name: string): Schema {
  return structOf(schema)?.fields.find(f => f.name === name)?.schema ?? { kind: 'json' };
}

/** The struct's presence, as long as it is not known. */
export function openPresence(block: Block, sym: Extract<Sym, { kind: 'struct' }>): Leaf | null {
  return sym.presence === null || block.isPresent(sym.presence) ? null : sym.presence;
}

/** A struct that must be there before `property` of it can be read. */
export interface Guard {
  readonly presence: Leaf;
  readonly property: string;
  /** of the struct's own path */
  readonly length: number;
}

/** What stands at a path: a part of the record, or property access on a value that stayed whole. */
export type Place =
  | { readonly kind: 'sym'; readonly sym: Sym; readonly guards: readonly Guard[] }
  | {
      readonly kind: 'access';
      readonly code: string;
      readonly schema: Schema;
      readonly guards: readonly Guard[];
    };

/** `guards`: presence of the structs on the way; what is below one is garbage unless it is 1. */
export function placeAt(block: Block, sym: Sym, path: readonly string[]): Place {
  let at = sym;
  const guards: Guard[] = [];
  for (let i = 0; i < path.length; i++) {
    const name = path[i]!;
    if (at.kind === 'leaf') {
      const rest = path.slice(i);
      const schema = rest.reduce(fieldSchema, at.schema);
      return { kind: 'access', code: use(block, at.leaf) + rest.map(access).join(''), schema, guards };
    }
    const presence = openPresence(block, at);
    if (presence) guards.push({ presence, property: name, length: i });
    const field = at.fields.get(name);
    if (!field && at.schema.classRef && !at.schema.fields.some(f => f.name === name)) {
      // A getter: it finds the object it belongs to.
      const code = objectLiteral(block, at, 'all') + path.slice(i).map(access).join('');
      return { kind: 'access', code, schema: { kind: 'json' }, guards };
    }
    if (!field) {
      // The schema has no such field, or nothing was said to read it: it is not there.
      return { kind: 'access', code: 'undefined', schema: { kind: 'undefined' }, guards };
    }
    at = field;
  }
  return { kind: 'sym', sym: at, guards };
}

/** Expression for the value at `path` as JavaScript would read it. `present`: prefixes (by length) that are there. */
export function readPath(
  block: Block,
  sym: Sym,
  path: readonly string[],
  usage: Usage,
  absent: AbsentRead,
  present: readonly number[] = [],
): string {
  const place = placeAt(block, sym, path);
  const value = place.kind === 'access' ? place.code : materialise(block, place.sym, usage);
  const open = place.guards.filter(guard => !present.includes(guard.length));
  return guarded(block, open, value, absent);
}

/** How a read through an absent struct fails. */
export interface AbsentRead {
  read(presence: string, property: string): string;
}

/** What follows runs only when `fact` holds of the record. */
export function assume(block: Block, sym: Sym, fact: PresenceFact): void {
  const place = placeAt(block, sym, fact.path);
  for (const { presence } of place.guards) block.assumePresent(presence);
  if (place.kind !== 'sym' || place.sym.kind !== 'struct' || place.sym.presence === null) return;
  const { presence } = place.sym;
  if (fact.absent === 'nullish' || fact.absent === 'falsy' || fact.absent === presence.absence)
    block.assumePresent(presence);
}

/** Boolean expression: is the value at `path` there? */
export function presenceTest(
  block: Block,
  sym: Sym,
  path: readonly string[],
  absent: 'null' | 'undefined' | 'nullish' | 'falsy',
  fail: AbsentRead,
): string {
  const place = placeAt(block, sym, path);
  if (place.kind === 'sym' && place.sym.kind === 'struct') {
    const presence = openPresence(block, place.sym);
    const test =
      presence === null
        ? 'true'
        : `${use(block, presence)} ${absent === 'null' ? '!== 0' : absent === 'undefined' ? '!== 2' : '=== 1'}`;
    return guarded(block, place.guards, test === 'true' ? test : `(${test})`, fail);
  }
  const value = place.kind === 'access' ? place.code : materialise(block, place.sym, 'all');
  const test =
    absent === 'falsy' ? `!!${value}` : absent === 'nullish' ? `${value} != null` : `${value} !== ${absent}`;
  return guarded(block, place.guards, absent === 'falsy' ? test : `(${test})`, fail);
}

function guarded(block: Block, guards: readonly Guard[], value: string, fail: AbsentRead): string {
  return guards.reduceRight(
    (code, { presence, property }) =>
      `(${use(block, presence)} === 1 ? ${code} : ${fail.read(use(block, presence), property)})`,
    value,
  );
}

/** One expression for the whole value, as an object where it was taken apart. Only fields in `usage` are in it. */
export function materialise(block: Block, sym: Sym, usage: Usage): string {
  if (sym.kind === 'leaf') return use(block, sym.leaf);
  const literal = objectLiteral(block, sym, usage);
  const open = openPresence(block, sym);
  if (open === null) return literal;
  const presence = use(block, open);
  return `(${presence} === 1 ? ${literal} : ${presence} === 0 ? null : undefined)`;
}

/**
 * Optional fields may have to be left out and classes need their prototype, so such objects are built by statements
 * before the one that uses them; all others are literals.
 */
function objectLiteral(block: Block, sym: Extract<Sym, { kind: 'struct' }>, usage: Usage): string {
  const entries: string[] = [];
  const later: { readonly name: string; readonly code: string; readonly optional: boolean }[] = [];
  const classRef = sym.schema.classRef;
  const read = withGetters(usage, sym.schema);
  for (const field of sym.schema.fields) {
    const part = fieldUsage(read, field.name);
    const value = sym.fields.get(field.name);
    if (!value || part === 'none') continue;
    const code = materialise(block, value, part);
    if (field.optional || classRef) later.push({ name: field.name, code, optional: field.optional });
    else entries.push(entry(field.name, code));
  }
  const literal = entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
  if (later.length === 0 && !classRef) return literal;
  const made = classRef ? `Object.create(${block.scope.classOf(classRef)}.prototype)` : literal;
  const name = block.fresh(sym.schema.name ? lowerFirst(sym.schema.name) : 'record');
  block.line(`const ${name}: any = ${made};`);
  for (const { name: field, code, optional } of later) {
    const assign = `${name}${access(field)} = ${code};`;
    block.line(optional ? `if (${code} !== undefined) ${assign}` : assign);
  }
  return name;
}

function entry(name: string, code: string): string {
  return name === code ? name : `${propertyKey(name)}: ${code}`;
}

/** Records of a batch, made of the cells of a row. */
export function symOfColumns(
  schema: Schema,
  layout: BatchLayout,
  key: number | null,
  cell: (index: number, hint: string) => (block: Block) => string,
): Sym {
  const leafAt = (index: number, hint: string): Leaf => {
    const spec = layout.columns[index]!;
    const read = cell(index, hint);
    return {
      hint: hint === '' ? 'value' : hint,
      name: null,
      read: block => `${read(block)}${spec.kind === 'bool' && spec.presence !== true ? ' === 1' : ''}`,
      column: spec.kind,
    };
  };
  const build = (at: Schema, path: readonly string[], optional: boolean): Sym | null => {
    const own = layout.columns.findIndex(
      (c, i) => samePath(c.path, path) && c.presence !== true && (i !== key || !isMadeForExchange(c.path)),
    );
    const hint = path.at(-1) ?? '';
    if (own >= 0) return { kind: 'leaf', leaf: leafAt(own, hint), schema: at };
    const struct = structOf(at);
    if (!struct) return null;
    // The record itself is always there, even when none of its fields is read.
    if (path.length > 0 && !layout.columns.some(c => path.every((name, i) => c.path[i] === name)))
      return null;
    const presence = layout.columns.findIndex(c => c.presence === true && samePath(c.path, path));
    const fields = new Map<string, Sym>();
    for (const field of struct.fields) {
      const part = build(field.schema, [...path, field.name], field.optional);
      if (part) fields.set(field.name, part);
    }
    if (presence < 0 && fields.size === 0 && path.length > 0) return null;
    return {
      kind: 'struct',
      schema: struct,
      fields,
      presence:
        presence < 0 ? null : { ...leafAt(presence, `has_${hint}`), absence: absenceOf(at, optional) },
    };
  };
  return build(schema, [], false) ?? constant('undefined', schema);
}

function absenceOf(schema: Schema, optional: boolean): 'null' | 'undefined' | 'either' {
  const canBeNull = schema.kind === 'nullable' && schema.null;
  const canBeUndefined = optional || (schema.kind === 'nullable' && schema.undefined);
  return canBeNull && canBeUndefined ? 'either' : canBeNull ? 'null' : 'undefined';
}

function samePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}
