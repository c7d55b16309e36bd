/** What a program reads of an object, as the tree that its scanner is written from. */
import type { BatchLayout, ColumnSpec } from '../api/batch.js';
import type { Schema } from '../api/schema.js';

export interface ObjectNode {
  readonly path: readonly string[];
  readonly presence: number | null;
  readonly optional: boolean;
  /** nothing may stand for it: null, undefined, or both */
  readonly nullable: Extract<Schema, { kind: 'nullable' }> | null;
  readonly fields: readonly FieldNode[];
  /** fields that nothing reads */
  readonly unread: readonly string[];
}
export type FieldNode = { readonly name: string } & (
  { readonly column: number; readonly optional: boolean } | { readonly object: ObjectNode }
);

/** The wanted part of an object: its columns, grouped by the next name of their path. */
export function objectTree(
  layout: BatchLayout,
  schema: Schema,
  path: readonly string[] = [],
  optional = false,
): ObjectNode {
  const { columns } = layout;
  const nullable = schema.kind === 'nullable' ? schema : null;
  const struct = nullable ? nullable.of : schema;
  if (struct.kind !== 'struct')
    throw new Error(`compiler bug: column path '${path.join('.')}' leads into a ${struct.kind}`);
  const within = (column: ColumnSpec): boolean => path.every((name, i) => column.path[i] === name);
  const depth = path.length;
  const presence = columns.findIndex(
    column => column.presence && column.path.length === depth && within(column),
  );
  const names = new Set(
    columns.filter(column => column.path.length > depth && within(column)).map(column => column.path[depth]!),
  );
  const fields = [...names].map((name): FieldNode => {
    const column = columns.findIndex(
      c => !c.presence && c.path.length === depth + 1 && c.path[depth] === name && within(c),
    );
    const field = struct.fields.find(f => f.name === name)!;
    return column >= 0
      ? { name, column, optional: field.optional }
      : { name, object: objectTree(layout, field.schema, [...path, name], field.optional) };
  });
  const unread = struct.fields.map(field => field.name).filter(name => !names.has(name));
  return { path, presence: presence < 0 ? null : presence, optional, nullable, fields, unread };
}
