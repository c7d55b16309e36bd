/** Demand on values: which parts of a lambda's parameters the demanded part of its result needs, and what that leaves of a schema. */
import { hasOwnFields, type Schema, type StructField } from '../../plugins/api/schema.js';
import type { Result, StructEntry, Usage } from './lambda.js';

/** The lattice of Usage: none ≤ presence ≤ fields ≤ all. */
export function joinUsage(a: Usage, b: Usage): Usage {
  if (a === b || b === 'none') return a;
  if (a === 'all' || b === 'all') return 'all';
  if (a === 'none') return b;
  const fields: Record<string, Usage> = { ...a.fields };
  for (const [name, usage] of Object.entries(b.fields)) {
    const known = Object.hasOwn(fields, name) ? fields[name]! : 'none';
    fields[name] = joinUsage(known, usage);
  }
  return { fields };
}

/** Usage of the whole when the part at `path` is read to the degree `usage`. */
export function usageAtPath(path: readonly string[], usage: Usage): Usage {
  return path.reduceRight<Usage>((inner, name) => ({ fields: { [name]: inner } }), usage);
}

/** Canonical text with sorted fields: `*`, `-`, `{amount, bid?, user{id}}`. */
export function printUsage(usage: Usage): string {
  if (usage === 'all') return '*';
  if (usage === 'none') return '-';
  const names = Object.keys(usage.fields).sort();
  return `{${names.map(name => printField(name, usage.fields[name]!)).join(', ')}}`;
}
function printField(name: string, usage: Usage): string {
  if (usage === 'all') return name;
  if (usage !== 'none' && Object.keys(usage.fields).length === 0) return `${name}?`;
  return name + printUsage(usage);
}

export function sameUsage(a: Usage, b: Usage): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  const names = Object.keys(a.fields);
  return (
    names.length === Object.keys(b.fields).length &&
    names.every(n => b.fields[n] !== undefined && sameUsage(a.fields[n]!, b.fields[n]))
  );
}

export function fieldUsage(usage: Usage, name: string): Usage {
  if (usage === 'all') return 'all';
  return usage === 'none' ? 'none' : (usage.fields[name] ?? 'none');
}

/** Only whether the value is there is asked, or nothing at all. */
export function isEmptyUsage(usage: Usage): boolean {
  return usage === 'none' || (usage !== 'all' && Object.keys(usage.fields).length === 0);
}

/** Per parameter: what computing the demanded part of a lambda's result reads. */
export function resultDemand(result: Result, demand: Usage, params: number): Usage[] {
  const usage: Usage[] = new Array<Usage>(params).fill('none');
  const read = (param: number, part: Usage): void => {
    usage[param] = joinUsage(usage[param] ?? 'none', part);
  };
  visitResult(result, demand, read);
  return usage;
}

function visitResult(result: Result, demand: Usage, read: (param: number, part: Usage) => void): void {
  switch (result.kind) {
    case 'expression':
      if (demand !== 'none' || !result.pure) result.usage.forEach((part, param) => read(param, part));
      if (result.choice && demand !== 'none') {
        read(result.choice.chosen, demand);
        read(result.choice.otherwise, demand);
      }
      return;
    case 'path':
      if (demand !== 'none') read(result.param, usageAtPath(result.path, demand));
      return;
    case 'struct':
      for (const { entry, demand: part } of demandedEntries(result.entries, demand)) {
        if (entry.kind === 'field') visitResult(entry.value, part, read);
        else if (part !== 'none') read(entry.param, usageAtPath(entry.path, part));
      }
  }
}

/**
 * Per parameter: what a lambda reads when it is called, whatever is wanted of its result: the operands of expressions, and
 * all that stands on the way to a nested field. A field of the parameter itself may be missing: it is only handed on.
 */
export function evaluatedReads(result: Result, params: number): Usage[] {
  const usage: Usage[] = new Array<Usage>(params).fill('none');
  const read = (param: number, part: Usage): void => {
    usage[param] = joinUsage(usage[param] ?? 'none', part);
  };
  const visit = (part: Result): void => {
    switch (part.kind) {
      case 'expression':
        part.usage.forEach((of, param) => read(param, of));
        return;
      case 'path':
        if (part.path.length > 1) read(part.param, usageAtPath(part.path, 'all'));
        return;
      case 'struct':
        for (const entry of part.entries) {
          if (entry.kind === 'field') visit(entry.value);
          else if (entry.path.length > 1) read(entry.param, usageAtPath(entry.path, 'all'));
        }
    }
  };
  visit(result);
  return usage;
}

/** What each entry of an object literal must provide: a later entry of the same name hides an earlier one. */
export function demandedEntries(
  entries: readonly StructEntry[],
  demand: Usage,
): { readonly entry: StructEntry; readonly demand: Usage }[] {
  const hidden = new Set<string>();
  const result: { entry: StructEntry; demand: Usage }[] = [];
  for (const entry of [...entries].reverse()) {
    if (entry.kind === 'field') {
      result.push({ entry, demand: hidden.has(entry.name) ? 'none' : fieldUsage(demand, entry.name) });
      hidden.add(entry.name);
    } else {
      result.push({ entry, demand: withoutFields(demand, new Set([...hidden, ...entry.omit])) });
    }
  }
  return result.reverse();
}

/** 'all' stays 'all': which fields there are is not known here. */
function withoutFields(demand: Usage, names: ReadonlySet<string>): Usage {
  if (typeof demand === 'string') return demand;
  const fields = Object.fromEntries(Object.entries(demand.fields).filter(([name]) => !names.has(name)));
  return Object.keys(fields).length === 0 ? 'none' : { fields };
}

/** A getter of a record's class may read any field. */
export function withGetters(usage: Usage, { fields, classRef }: Extract<Schema, { kind: 'struct' }>): Usage {
  if (!classRef || typeof usage === 'string') return usage;
  if (classRef.convert) return 'all';
  return Object.keys(usage.fields).every(name => fields.some(field => field.name === name)) ? usage : 'all';
}

/** Spells 'all' of a struct out as its fields, so that single fields can be taken away or printed. */
export function expandUsage(usage: Usage, schema: Schema): Usage {
  if (schema.kind === 'nullable') return expandUsage(usage, schema.of);
  if (usage === 'none' || schema.kind !== 'struct') return usage;
  if (!hasOwnFields(schema)) return 'all';
  const fields: Record<string, Usage> = {};
  const read = withGetters(usage, schema);
  for (const field of schema.fields) {
    const part = fieldUsage(read, field.name);
    if (part !== 'none') fields[field.name] = expandUsage(part, field.schema);
  }
  return { fields };
}

/** The schema of what is left of a value when only `usage` of it is kept. */
export function pruneSchema(schema: Schema, usage: Usage): Schema {
  if (usage === 'all' || usage === 'none') return schema;
  if (schema.kind === 'nullable') return { ...schema, of: pruneSchema(schema.of, usage) };
  if (!hasOwnFields(schema)) return schema;
  const fields = schema.fields.flatMap((field): StructField[] => {
    const part = usage.fields[field.name];
    return part === undefined || part === 'none'
      ? []
      : [{ ...field, schema: pruneSchema(field.schema, part) }];
  });
  return fields.length === schema.fields.length &&
    fields.every((f, i) => f.schema === schema.fields[i]!.schema)
    ? schema
    : { ...schema, fields };
}
