/** Fields are matched by name, whatever their order. */
import type { StructField } from '../../../plugins/api/schema.js';
import { ownProperty } from '../../contract/codec-support.js';
import { breaking, each, same, type Conversion, type Inner } from './conversion.js';

type SetField = (from: object, to: object) => void;

export function convertStruct(
  from: readonly StructField[],
  to: readonly StructField[],
  path: string,
  inner: Inner,
): Conversion {
  const changes: string[] = [];
  const setters: SetField[] = [];
  let changed = false;
  for (const field of to) {
    const before = from.find(f => f.name === field.name);
    const part = before ? keptField(before, field, path, inner) : addedField(field, path);
    if (part.kind === 'breaking') return part;
    if (part.kind === 'migrate') {
      changed = true;
      changes.push(...part.changes);
    }
    const convert = part.kind === 'migrate' ? part.convert : (value: unknown) => value;
    setters.push((old, made) => {
      const has = Object.hasOwn(old, field.name);
      const value: unknown = convert(has ? (old as Record<string, unknown>)[field.name] : undefined);
      if (value === undefined && field.optional) return;
      ownProperty(made, field.name, value);
    });
  }
  for (const field of from) {
    if (to.some(f => f.name === field.name)) continue;
    changed = true;
    changes.push(`${path}.${field.name}: removed`);
  }
  if (!changed) return same;
  return {
    kind: 'migrate',
    changes,
    convert(old: object) {
      const made = {};
      for (const set of setters) set(old, made);
      return made;
    },
  };
}

function keptField(from: StructField, to: StructField, path: string, inner: Inner): Conversion {
  const part = inner(from.schema, to.schema, `.${to.name}`);
  if (part.kind === 'breaking') return part;
  const at = `${path}.${to.name}`;
  if (from.optional && !to.optional && !acceptsUndefined(to)) {
    return breaking(
      at,
      'it is optional in the snapshot and required in the program',
      'keep it optional, or give the state descriptor a migrate function for the old type',
    );
  }
  const absent = each(
    part,
    convert => value => (value === undefined ? undefined : convert(value)) as unknown,
  );
  const passed: Conversion = from.optional ? absent : part;
  if (from.optional === to.optional) return passed;
  const change = `${at}: becomes ${to.optional ? 'optional' : 'required, with undefined for what is absent'}`;
  if (passed.kind !== 'migrate')
    return { kind: 'migrate', changes: [change], convert: value => value as unknown };
  return { ...passed, changes: [change, ...passed.changes] };
}

function addedField(field: StructField, path: string): Conversion {
  const at = `${path}.${field.name}`;
  const { schema } = field;
  const none = field.optional || acceptsUndefined(field) ? undefined : null;
  if (none === null && !(schema.kind === 'null' || (schema.kind === 'nullable' && schema.null))) {
    return breaking(
      at,
      'it is a new required field, and values in the snapshot do not have it',
      `make it optional (${field.name}?: …), or give the state descriptor a migrate function for the old type`,
    );
  }
  const value = field.optional ? 'absent' : String(none);
  return { kind: 'migrate', changes: [`${at}: added, ${value} in old values`], convert: () => none };
}

function acceptsUndefined({ schema }: StructField): boolean {
  return schema.kind === 'undefined' || (schema.kind === 'nullable' && schema.undefined);
}
