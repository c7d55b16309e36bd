/** Unions may gain members. */
import type { Schema, UnionCase } from '../../../plugins/api/schema.js';
import { tagOf, tagOfSchema } from '../schema/union-tag.js';
import { all, breaking, retyped, type Conversion, type Inner } from './conversion.js';

type Union = Extract<Schema, { readonly kind: 'union' }>;

export function convertUnion(from: Union, to: Union, path: string, inner: Inner): Conversion {
  if (
    from.by.kind !== to.by.kind ||
    (from.by.kind === 'tag' && to.by.kind === 'tag' && from.by.field !== to.by.field)
  )
    return breaking(path, 'members of the union are told apart in another way');
  const parts: Conversion[] = [];
  for (const member of from.cases) {
    const target = to.cases.find(c => c.tag === member.tag);
    if (!target) return memberGone(member, path);
    parts.push(inner(member.schema, target.schema, `<${String(member.tag)}>`));
  }
  const added = to.cases.filter(c => !from.cases.some(old => old.tag === c.tag));
  const moved = from.cases.some((member, i) => to.cases[i]?.tag !== member.tag);
  const { by } = from;
  const caseOf = (value: unknown): number =>
    from.cases.findIndex(c =>
      by.kind === 'tag' ? c.tag === (value as Record<string, unknown>)[by.field] : isOf(c, value),
    );
  const members = all(parts, converts => value => converts[caseOf(value)]!(value) as unknown);
  if (members.kind === 'breaking' || (added.length === 0 && !moved)) return members;
  const gained =
    added.length > 0
      ? `${path}: may now be ${added.map(c => JSON.stringify(c.tag)).join(' or ')}`
      : `${path}: members are in another order`;
  if (members.kind === 'same')
    return { kind: 'migrate', changes: [gained], convert: value => value as unknown };
  return { ...members, changes: [gained, ...members.changes] };
}

/** What was one type becomes a member of a union. */
export function intoUnion(from: Schema, to: Union, path: string, inner: Inner): Conversion {
  const target = memberFor(from, to);
  if (!target) return retyped(from, to, path);
  const part = inner(from, target.schema, '');
  if (part.kind === 'breaking') return part;
  const others = to.cases.filter(c => c !== target).map(c => JSON.stringify(c.tag));
  const change = `${path}: may now be ${others.join(' or ')}`;
  if (part.kind === 'migrate') return { ...part, changes: [change, ...part.changes] };
  return { kind: 'migrate', changes: [change], convert: value => value as unknown };
}

function memberFor(from: Schema, { by, cases }: Union): UnionCase | null {
  if (by.kind === 'typeof') {
    const tag = tagOfSchema(from);
    return (tag !== null && cases.find(c => c.tag === tag)) || null;
  }
  if (from.kind !== 'struct') return null;
  const tag = from.fields.find(f => f.name === by.field)?.schema;
  if (tag?.kind !== 'enum' || tag.values.length !== 1) return null;
  return cases.find(c => c.tag === tag.values[0]) ?? null;
}

function isOf(member: UnionCase, value: unknown): boolean {
  if (member.tag === 'enum')
    return member.schema.kind === 'enum' && member.schema.values.includes(value as never);
  return member.tag === tagOf(value);
}

function memberGone(member: UnionCase, path: string): Conversion {
  return breaking(
    path,
    `${JSON.stringify(member.tag)} is no longer a member of the union, but the snapshot may have it`,
    'keep the member, or give the state descriptor a migrate function for the old type',
  );
}
