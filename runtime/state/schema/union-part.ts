/** Values of a union: the index of their case, then the value. */
import { schemaText } from '../../../plugins/api/schema-text.js';
import type { UnionCase } from '../../../plugins/api/schema.js';
import { badIndex, valueDoesNotFit } from '../../contract/codec-support.js';
import { isObject, type CodecPart, type InnerPart, type SchemaOf } from './codec-part.js';
import { tagOf } from './union-tag.js';

export function unionPart(schema: SchemaOf<'union'>, path: string, inner: InnerPart): CodecPart {
  const parts = schema.cases.map(each => inner(each.schema));
  const indexOf = unionIndex(schema, path);
  return {
    write(out, value, depth) {
      const { written, part } = indexOf(value);
      out.u8(written);
      parts[part]!.write(out, value, depth);
    },
    read(input, depth) {
      const index = input.u8();
      const part = parts[index];
      if (!part) throw badIndex(path, index, input.position);
      return part.read(input, depth);
    },
  };
}

/** Which case a value is of. Tags with the same schema share the index of the first. */
function unionIndex(
  { by, cases }: SchemaOf<'union'>,
  path: string,
): (value: unknown) => { readonly written: number; readonly part: number } {
  if (by.kind === 'typeof') {
    return value => {
      const part = typeofCase(cases, value);
      if (part < 0) throw valueDoesNotFit(path, cases.map(c => String(c.tag)).join(' | '), value);
      return { written: part, part };
    };
  }
  const first = new Map<string, number>();
  const indices = new Map<unknown, { readonly written: number; readonly part: number }>();
  cases.forEach(({ tag, schema }, i) => {
    const text = schemaText(schema, { classes: true });
    if (!first.has(text)) first.set(text, i);
    const written = first.get(text)!;
    indices.set(tag, { written, part: written });
  });
  return value => {
    if (!isObject(value)) throw valueDoesNotFit(path, 'object', value);
    const tag = (value as Readonly<Record<string, unknown>>)[by.field];
    const found = indices.get(tag);
    if (found) return found;
    throw valueDoesNotFit(`${path}.${by.field}`, `a member of the union, told apart by '${by.field}'`, tag);
  };
}

/** Literals before their base type; plain objects last, because everything else that is an object is one too. */
function typeofCase(cases: readonly UnionCase[], value: unknown): number {
  const literal = cases.findIndex(
    c => c.tag === 'enum' && (c.schema.kind !== 'enum' || c.schema.values.includes(value as never)),
  );
  if (literal >= 0) return literal;
  const tag = tagOf(value);
  const exact = cases.findIndex(c => c.tag === tag);
  if (exact >= 0 || !isObject(value)) return exact;
  return cases.findIndex(c => c.tag === 'object');
}
