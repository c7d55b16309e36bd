/** The columns of every edge between tasks, the key's among them. */
import type { BatchLayout, ColumnSpec, Schema } from '../../plugins/api/index.js';
import { hasOwnFields } from '../../plugins/api/schema.js';
import type { LoweredProgram, Partition, Usage } from '../ir/index.js';
import { joinUsage, keyProperty, usageAtPath } from '../ir/index.js';
import { batchLayout, columnKind, KEY_COLUMN, LAST_COLUMN } from '../ir/batch-layout.js';
import { schemaText } from '../../plugins/api/schema-text.js';
import type { Draft, DraftEdge, DraftOp, Pass } from './draft.js';
import { opById } from './draft.js';

interface Layout {
  readonly layout: BatchLayout;
  readonly keyColumn: number | null;
  /** of what travels, where that is not the records */
  readonly schema?: Schema;
}

export const layOutBatches: Pass = {
  name: 'lay-out-batches',
  run: draft => ({
    ...draft,
    edges: draft.edges.map(edge => {
      if (edge.cut === null) return edge;
      // All edges of one input share a layout: it is the receiver's demand, and the key of all of them or of none.
      const siblings = draft.edges.filter(e => e.to === edge.to && e.input === edge.input);
      return { ...edge, ...layoutOf(draft, edge, siblings) };
    }),
  }),
};

function layoutOf(draft: Draft, edge: DraftEdge, siblings: readonly DraftEdge[]): Layout {
  const receiver = opById(draft, edge.to);
  if (edge.combine !== null) return combinedLayout(edge, receiver);
  const schema = receiver.types.inputs[edge.input] ?? edge.schema;
  if (edge.partition.kind !== 'hash') return { layout: batchLayout(schema, edge.demand), keyColumn: null };
  const keySchema = receiver.types.key ?? missingKey(edge);
  const paths = siblings.map(e => keyPath(e.partition, draft.program));
  const path = paths[0] ?? null;
  const field = path === null ? null : plainLeaf(schema, path);
  // both inputs of an operator hash by its one key schema: a number here and a timestamp there must meet
  if (
    path !== null &&
    field !== null &&
    schemaText(field) === schemaText(keySchema) &&
    paths.every(p => p !== null && p.join('\0') === path.join('\0'))
  ) {
    const demand: Usage = joinUsage(edge.demand, usageAtPath(path, 'all'));
    const layout = batchLayout(schema, demand);
    const keyColumn = layout.columns.findIndex(
      c => c.presence !== true && c.path.join('\0') === path.join('\0'),
    );
    if (keyColumn >= 0) return { layout, keyColumn };
  }
  return withKey(batchLayout(schema, edge.demand), keySchema);
}

/** The accumulators, the key they belong to, and for sessions the time of the last record; the first's is the row's. */
function combinedLayout(edge: DraftEdge, { states, types }: DraftOp): Layout {
  const schema = states.find(state => state.name === 'window-contents')!.value;
  const layout = batchLayout(schema, 'all');
  if (edge.partition.kind !== 'hash') return { schema, layout, keyColumn: null };
  const keyed = withKey(layout, types.key ?? missingKey(edge));
  if (edge.combine!.kind !== 'sessions') return { schema, ...keyed };
  const last: ColumnSpec = { path: [LAST_COLUMN], kind: 'float64', schema: { kind: 'timestamp' } };
  return { schema, ...keyed, layout: { columns: [...keyed.layout.columns, last] } };
}

function withKey({ columns }: BatchLayout, schema: Schema): Layout {
  const key: ColumnSpec = { path: [KEY_COLUMN], kind: columnKind(schema), schema };
  return { layout: { columns: [...columns, key] }, keyColumn: columns.length };
}

function missingKey(edge: DraftEdge): never {
  throw new Error(`compiler bug: operator ${edge.to} is keyed but its key has no schema`);
}

/** The field that a key selector returns unchanged, if it is one. */
function keyPath(partition: Partition, program: LoweredProgram): readonly string[] | null {
  if (partition.kind !== 'hash') return null;
  const property = keyProperty(partition.key);
  if (property !== null) return [property];
  const result = program.functions.get(partition.key)?.inline?.result;
  return result?.kind === 'path' ? result.path : null;
}

/** Schema of a column of its own that always holds a value: reached through structs that are always there. */
function plainLeaf(schema: Schema, path: readonly string[]): Schema | null {
  let at = schema;
  for (const name of path) {
    if (!hasOwnFields(at)) return null;
    const field = at.fields.find(f => f.name === name);
    if (!field || field.optional) return null;
    at = field.schema;
  }
  return at.kind === 'struct' || at.kind === 'nullable' ? null : at;
}
