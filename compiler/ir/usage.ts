/** The lattice of Usage: none ≤ presence ≤ fields ≤ all. */
import type { Usage } from './lambda.js';

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
export function usageAt(path: readonly string[], usage: Usage): Usage {
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
