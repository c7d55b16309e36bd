import type { OpOf } from '../../ir/index.js';
import { fieldUsage } from '../../ir/index.js';
import type { Sym } from '../record.js';
import { fieldSchema, named, structOf, use } from '../record.js';
import { access } from '../names.js';
import type { OperatorSite } from '../task-writer.js';

/** A choice of fields costs nothing: the others are not carried on. */
export function emitProject(site: OperatorSite<OpOf<'project'>>): void {
  const { writer, op, planOp, record, block } = site;
  const output = planOp.types.output!;
  const fields = new Map<string, Sym>();
  for (const name of op.fields) {
    if (fieldUsage(planOp.demand, name) === 'none') continue;
    if (record.kind === 'leaf') {
      fields.set(
        name,
        named(block.declare(name, `${use(block, record.leaf)}${access(name)}`), fieldSchema(output, name)),
      );
    } else {
      const field = record.fields.get(name);
      if (field) fields.set(name, field);
    }
  }
  const schema = structOf(output) ?? {
    kind: 'struct',
    fields: [...fields].map(([name, v]) => ({ name, schema: v.schema, optional: false })),
  };
  writer.emit(site.index, { kind: 'struct', schema, fields, presence: null }, site.timestamp, block);
}
