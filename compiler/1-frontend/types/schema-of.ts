/**
 * Schema of a TypeScript type.
 *
 * Literal types are kept only where the program declares them (a named union, an enum, an annotated property, an
 * explicit type argument) or where they tell union members apart. An inferred `1 | 2` is a number: otherwise an
 * edit inside a function would change the schema of state.
 */
import type { MessageCode } from '../../diagnostics/messages.generated.js';
import { schemaText } from '../../../plugins/api/schema-text.js';
import type { Schema, StructField, UnionCase } from '../../../plugins/api/schema.js';
import type { CheckedType, TypeKind, TypeProperty } from './checker.js';
import { brandOf, brandSchema } from './brands.js';
import { isPrimitive, libraryType } from './library-types.js';
import { numberRecursion } from './number-recursion.js';
import {
  compare,
  enumOf,
  nullable,
  orUndefined,
  typeofTag,
  typeofUnion,
  withoutUndefined,
} from './schema-parts.js';

/** Schemas bound to type parameters of generic helpers, classes and functions. */
export type TypeBindings = ReadonlyMap<CheckedType, BoundType>;
export type BoundType =
  | { readonly kind: 'schema'; readonly schema: Schema }
  /** a type argument, to be read under the bindings of the place where it was written */
  | { readonly kind: 'type'; readonly type: CheckedType; readonly bindings: TypeBindings };
export const noBindings: TypeBindings = new Map();

export interface SchemaProblem {
  readonly code: MessageCode;
  readonly args: Readonly<Record<string, string>>;
}
export interface SchemaRequest {
  /** how messages call the value: 'record', 'key', "state 'count'" */
  readonly label: string;
  readonly bindings?: TypeBindings;
  /** whether the program writes this type out; see above */
  readonly declared?: boolean;
  readonly report: (problem: SchemaProblem) => void;
}

/** null when the type has no schema; every reason is reported. */
export function schemaOf(type: CheckedType, request: SchemaRequest): Schema | null {
  const derivation = new Derivation(type, request);
  const schema = derivation.schema(type, {
    path: request.label,
    declared: request.declared ?? false,
    bindings: request.bindings ?? noBindings,
  });
  return derivation.failed ? null : numberRecursion(schema);
}

interface Position {
  readonly path: string;
  readonly declared: boolean;
  readonly bindings: TypeBindings;
}
interface OpenType {
  /** the type, or the members of a union without null and undefined */
  readonly types: readonly CheckedType[];
  readonly bindings: TypeBindings;
  readonly id: string;
  isReferenced: boolean;
}

const maxDepth = 64;
const maxSize = 20_000;
/** Stands for a type that was reported; never leaves schemaOf. */
const invalid: Schema = { kind: 'undefined' };

class Derivation {
  failed = false;
  readonly #root: { readonly type: CheckedType; readonly path: string };
  readonly #report: (problem: SchemaProblem) => void;
  readonly #open: OpenType[] = [];
  #size = 0;

  constructor(root: CheckedType, request: SchemaRequest) {
    this.#root = { type: root, path: request.label };
    this.#report = request.report;
  }

  schema(type: CheckedType, at: Position): Schema {
    if (++this.#size > maxSize || this.#open.length > maxDepth) {
      // One report: every level above would only repeat it.
      if (!this.failed) this.#fail('FC1308', { path: this.#root.path, type: this.#root.type.text });
      return invalid;
    }
    switch (type.kind) {
      case 'any':
      case 'unknown':
        return this.#fail('FC1301', { path: at.path, type: type.text });
      case 'null':
        return { kind: 'null' };
      case 'undefined':
        return { kind: 'undefined' };
      case 'string':
        return { kind: 'string' };
      case 'number':
        return { kind: 'float64' };
      case 'bigint':
        return { kind: 'bigint' };
      case 'boolean':
        return { kind: 'bool' };
      case 'literal':
      case 'enumLiteral':
        return this.#literals([type], at);
      case 'union':
        return this.#union(type, at);
      case 'intersection':
        return this.#intersection(type, at);
      case 'array':
        return { kind: 'list', of: this.schema(type.typeArguments[0]!, step(at, '[]')) };
      case 'tuple':
        return this.#recursive([type], at, () => this.#tuple(type, at));
      case 'object':
        return this.#recursive([type], at, () => this.#object(type, at));
      case 'typeParameter':
        return this.#parameter(type, at);
      case 'deferred':
        return this.#deferred(type, at);
      case 'never':
        return this.#unencodable(type, at, 'it has no values');
      case 'symbol':
        return this.#unencodable(type, at, 'symbols only exist inside one process');
    }
  }

  #fail(code: MessageCode, args: Readonly<Record<string, string>>): Schema {
    this.failed = true;
    this.#report({ code, args });
    return invalid;
  }
  #unencodable(type: CheckedType, at: Position, why: string): Schema {
    return this.#fail('FC1302', { path: at.path, type: type.text, why });
  }

  /** A type met again inside itself becomes a reference to where it was opened. */
  #recursive(types: readonly CheckedType[], at: Position, derive: () => Schema): Schema {
    const again = this.#open.find(
      o =>
        o.bindings === at.bindings &&
        o.types.length === types.length &&
        o.types.every((t, i) => t === types[i]),
    );
    if (again) {
      again.isReferenced = true;
      return { kind: 'ref', id: again.id };
    }
    const open: OpenType = {
      types,
      bindings: at.bindings,
      id: String(this.#open.length),
      isReferenced: false,
    };
    this.#open.push(open);
    const schema = derive();
    this.#open.pop();
    return open.isReferenced ? { kind: 'recursive', id: open.id, of: schema } : schema;
  }

  #parameter(type: CheckedType, at: Position): Schema {
    const bound = at.bindings.get(type);
    if (!bound) return this.#fail('FC1306', { path: at.path, type: type.text });
    if (bound.kind === 'schema') return bound.schema;
    return this.schema(bound.type, { ...at, bindings: bound.bindings });
  }

  /** `T['id']` inside a generic helper: the field of what T is bound to. */
  #deferred(type: CheckedType, at: Position): Schema {
    const { indexed } = type;
    if (indexed?.key.kind === 'literal') {
      const object = this.schema(indexed.object, at);
      if (object === invalid) return invalid;
      const field = object.kind === 'struct' && object.fields.find(f => f.name === indexed.key.literal);
      if (field) return field.optional ? orUndefined(field.schema) : field.schema;
    }
    return this.#fail('FC1306', { path: at.path, type: type.text });
  }

  #literals(types: readonly CheckedType[], at: Position): Schema {
    const values = types.map(t => t.literal);
    const keep = at.declared || types.every(t => t.kind === 'enumLiteral' || t.alias !== null);
    if (values.some(v => typeof v === 'bigint')) return { kind: 'bigint' };
    const plain = values.filter(v => typeof v !== 'bigint');
    if (keep && !(plain.includes(true) && plain.includes(false))) return enumOf(plain);
    const bases = [...new Set(plain.map(v => typeof v))].sort();
    const cases = bases.flatMap((base): UnionCase[] => {
      if (base === 'boolean') return [{ tag: 'boolean', schema: { kind: 'bool' } }];
      if (!keep) return [{ tag: base, schema: { kind: base === 'string' ? 'string' : 'float64' } }];
      return [];
    });
    const kept = keep ? plain.filter(v => typeof v !== 'boolean') : [];
    if (kept.length > 0) cases.push({ tag: 'enum', schema: enumOf(kept) });
    return cases.length === 1 ? cases[0]!.schema : typeofUnion(cases);
  }

  #tuple(type: CheckedType, at: Position): Schema {
    const items: Schema[] = [];
    let rest: Schema | undefined;
    type.elements.forEach((element, i) => {
      const schema = this.schema(element.type, step(at, `[${i}]`));
      if (element.rest) rest = schema;
      else if (rest) this.#unencodable(type, at, 'elements after a rest element have no fixed position');
      else items.push(element.optional ? orUndefined(schema) : schema);
    });
    return rest ? { kind: 'tuple', items, rest } : { kind: 'tuple', items };
  }

  #intersection(type: CheckedType, at: Position): Schema {
    const primitive = type.parts.find(p => isPrimitive(p.kind));
    if (primitive) {
      const brand = type.parts.map(brandOf).find(b => b !== null);
      // A brand of the user's own only exists for the type checker.
      return (brand && brandSchema(brand)) ?? this.schema(primitive, at);
    }
    const brand = brandOf(type);
    if (brand?.name === 'json') return { kind: 'json' };
    if (!type.parts.some(p => p.kind === 'typeParameter')) {
      return this.#recursive([type], at, () => this.#struct(type, at));
    }
    // T & { extra: … } inside a generic helper: the fields of what T is bound to, then the others.
    const fields = new Map<string, StructField>();
    for (const part of type.parts) {
      const schema = this.schema(part, at);
      if (schema === invalid) return invalid;
      if (schema.kind !== 'struct') return this.#fail('FC1306', { path: at.path, type: type.text });
      for (const field of schema.fields) fields.set(field.name, field);
    }
    return { kind: 'struct', fields: [...fields.values()].sort((a, b) => compare(a.name, b.name)) };
  }

  #object(type: CheckedType, at: Position): Schema {
    const known = type.isLibrary ? libraryType(type.name) : null;
    switch (known) {
      case 'date':
        return { kind: 'date' };
      case 'bytes':
        return { kind: 'bytes' };
      case 'list':
        return { kind: 'list', of: this.schema(type.typeArguments[0]!, step(at, '[]')) };
      case 'set':
        return { kind: 'set', of: this.schema(type.typeArguments[0]!, step(at, '[]')) };
      case 'map':
        return {
          kind: 'map',
          key: this.schema(type.typeArguments[0]!, step(at, '.<key>')),
          value: this.schema(type.typeArguments[1]!, step(at, '.<value>')),
        };
      case 'promise':
        return this.#unencodable(type, at, 'a Promise is a result that is not there yet');
      case 'other':
        return this.#unencodable(type, at, 'it has no encoding');
      default:
        return this.#struct(type, at);
    }
  }

  #struct(type: CheckedType, at: Position): Schema {
    if (type.isCallable) return this.#unencodable(type, at, 'functions cannot be sent or stored');
    if (brandOf(type)?.name === 'json') return { kind: 'json' };
    const owner = type.classInfo;
    if (owner?.record) {
      const record = this.schema(owner.record, at);
      if (record.kind !== 'struct' || !owner.module) return record;
      return {
        ...record,
        name: owner.name,
        classRef: { module: owner.module, exportName: owner.name, convert: true },
      };
    }
    if (type.index) {
      if (type.properties.length > 0) return this.#fail('FC1307', { path: at.path, type: type.text });
      return {
        kind: 'record',
        value: this.schema(type.index.value, step({ ...at, declared: true }, '.<value>')),
      };
    }
    if (!owner && type.properties.length === 0)
      return this.#fail('FC1301', { path: at.path, type: type.text });
    if (type.properties.some(p => p.nameKind === 'private')) {
      return this.#fail('FC1303', { path: at.path, type: owner?.name ?? type.text });
    }
    if (owner && (owner.module === null || !owner.isTopLevel)) {
      const why = owner.module === null ? 'comes from a package' : 'is declared inside a function';
      return this.#fail('FC1305', { path: at.path, type: owner.name, why });
    }
    const fields: StructField[] = [];
    for (const property of type.properties) {
      if (owner && (property.isMethod || property.isAccessor)) continue; // come back with the prototype
      const field = this.#field(property, at);
      if (field) fields.push(field);
    }
    fields.sort((a, b) => compare(a.name, b.name));
    const name = type.alias ?? type.name;
    return {
      kind: 'struct',
      ...(name === null ? {} : { name }),
      fields,
      ...(owner ? { classRef: { module: owner.module!, exportName: owner.name } } : {}),
    };
  }

  #field(property: TypeProperty, at: Position): StructField | null {
    const path = `${at.path}.${property.name}`;
    if (property.nameKind === 'symbol') {
      if (property.optional) return null; // a brand
      this.#fail('FC1302', {
        // the checker's name for it is `__@s@40`
        path: `${at.path}[${/^__@(.*?)(?:@\d+)?$/.exec(property.name)?.[1] ?? property.name}]`,
        type: property.type.text,
        why: 'symbols are not property names in the encoding',
      });
      return null;
    }
    if (property.isMethod) {
      this.#fail('FC1302', { path, type: property.type.text, why: 'functions cannot be sent or stored' });
      return null;
    }
    const schema = this.schema(property.type, { ...at, path, declared: property.isDeclared });
    return {
      name: property.name,
      schema: property.optional ? withoutUndefined(schema) : schema,
      optional: property.optional,
    };
  }

  #union(type: CheckedType, at: Position): Schema {
    const inside = { ...at, declared: at.declared || type.alias !== null };
    const orNull = type.parts.some(p => p.kind === 'null');
    const orUndefined = type.parts.some(p => p.kind === 'undefined');
    const members = type.parts.filter(p => p.kind !== 'null' && p.kind !== 'undefined');
    if (members.length === 0) return nullable({ kind: 'null' }, true, orUndefined);
    if (isUnchecked(members)) {
      // JSON has a null of its own
      return orUndefined ? nullable({ kind: 'json' }, false, true) : { kind: 'json' };
    }
    const schema =
      members.length === 1
        ? this.schema(members[0]!, inside)
        : this.#recursive(members, at, () => this.#members(members, type, inside));
    return orNull || orUndefined ? nullable(schema, orNull, orUndefined) : schema;
  }

  #members(members: readonly CheckedType[], union: CheckedType, at: Position): Schema {
    const cases = new Map<string, UnionCase>();
    const nullish = { null: false, undefined: false };
    const add = (schema: Schema): void => {
      if (schema === invalid) return;
      // A type parameter may be bound to what would have been flattened, had it been written here.
      if (schema.kind === 'nullable') {
        nullish.null ||= schema.null;
        nullish.undefined ||= schema.undefined;
        return add(schema.of);
      }
      if (schema.kind === 'union' && schema.by.kind === 'typeof')
        return schema.cases.forEach(c => add(c.schema));
      const tag = this.#tagOf(schema);
      const before = cases.get(tag);
      if (!before) cases.set(tag, { tag, schema });
      else if (schemaText(before.schema) !== schemaText(schema)) {
        this.#fail('FC1304', { path: at.path, type: union.text });
      }
    };
    const literals = members.filter(p => p.kind === 'literal' || p.kind === 'enumLiteral');
    const objects = members.filter(isPlainObject);
    for (const member of members) {
      if (!literals.includes(member) && !objects.includes(member)) add(this.schema(member, at));
    }
    if (objects.length === 1) add(this.schema(objects[0]!, at));
    else if (objects.length > 1) add(this.#tagged(objects, union, at));
    if (literals.length > 0) {
      const schema = this.#literals(literals, at);
      for (const c of schema.kind === 'union' ? schema.cases : [{ schema }]) {
        this.#addLiterals(c.schema, cases, add);
      }
    }
    const sorted = [...cases.values()].sort((a, b) => compare(String(a.tag), String(b.tag)));
    if (sorted.length === 0) return invalid;
    const schema = sorted.length === 1 ? sorted[0]!.schema : typeofUnion(sorted);
    return nullish.null || nullish.undefined ? nullable(schema, nullish.null, nullish.undefined) : schema;
  }

  #tagOf(schema: Schema): string {
    if (schema.kind !== 'ref') return typeofTag(schema);
    const [target] = this.#open.find(o => o.id === schema.id)?.types ?? [];
    return target?.kind === 'tuple' ? 'array' : 'object';
  }

  /** `'auto' | (string & Brand)`: literals of a base type that is there as a whole need no case of their own. */
  #addLiterals(schema: Schema, cases: ReadonlyMap<string, UnionCase>, add: (schema: Schema) => void): void {
    if (schema.kind !== 'enum') {
      if (!cases.has(typeofTag(schema))) add(schema);
      return;
    }
    const left = schema.values.filter(v => !cases.has(typeof v));
    if (left.length > 0) add(enumOf(left));
  }

  #tagged(members: readonly CheckedType[], union: CheckedType, at: Position): Schema {
    const field = tagField(members);
    if (field === null) return this.#fail('FC1304', { path: at.path, type: union.text });
    const cases = members.flatMap((member): UnionCase[] => {
      const tags = tagsOf(member, field)!;
      const schema = this.schema(member, { ...at, path: `${at.path}<${String(tags[0])}>` });
      return tags.map(tag => ({ tag, schema: withTag(schema, field, tags) }));
    });
    cases.sort((a, b) => compare(`${typeof a.tag} ${String(a.tag)}`, `${typeof b.tag} ${String(b.tag)}`));
    return { kind: 'union', by: { kind: 'tag', field }, cases };
  }
}

/** A field that every member requires to be a literal, no literal being shared. The first by name, if several. */
function tagField(members: readonly CheckedType[]): string | null {
  const names = members[0]!.properties.map(p => p.name).sort(compare);
  for (const name of names) {
    const tags = members.map(m => tagsOf(m, name));
    if (tags.some(t => t === null)) continue;
    const all = tags.flatMap(t => t!.map(v => `${typeof v} ${String(v)}`));
    if (new Set(all).size === all.length) return name;
  }
  return null;
}

function tagsOf(member: CheckedType, name: string): readonly (string | number | boolean)[] | null {
  const property = member.properties.find(p => p.name === name);
  if (!property || property.optional) return null;
  const types = property.type.kind === 'union' ? property.type.parts : [property.type];
  const tags: (string | number | boolean)[] = [];
  for (const type of types) {
    if (type.kind !== 'literal' && type.kind !== 'enumLiteral') return null;
    if (typeof type.literal === 'bigint') return null;
    tags.push(type.literal);
  }
  return tags;
}

/** The tag keeps its literal type whether declared or inferred: without it the members could not be told apart. */
function withTag(schema: Schema, field: string, tags: readonly (string | number | boolean)[]): Schema {
  if (schema.kind === 'recursive') return { ...schema, of: withTag(schema.of, field, tags) };
  if (schema.kind !== 'struct') return schema;
  return {
    ...schema,
    fields: schema.fields.map(f => (f.name === field ? { ...f, schema: enumOf(tags) } : f)),
  };
}

/** A member that is encoded as JSON makes the union JSON, as long as JSON can tell the other members apart. */
function isUnchecked(members: readonly CheckedType[]): boolean {
  const inJson: ReadonlySet<TypeKind> = new Set<TypeKind>([
    'string',
    'number',
    'boolean',
    'literal',
    'array',
  ]);
  const unchecked = members.filter(m => brandOf(m)?.name === 'json');
  return unchecked.length > 0 && members.every(m => unchecked.includes(m) || inJson.has(m.kind));
}

function isPlainObject(type: CheckedType): boolean {
  if (type.kind === 'intersection') return !type.parts.some(p => isPrimitive(p.kind));
  return type.kind === 'object' && !type.isLibrary && type.index === null;
}

function step(at: Position, suffix: string): Position {
  return { ...at, path: at.path + suffix };
}
