/** Captured data as text at once: tables of a hundred thousand entries are ordinary. */
import type { Value } from '../ir/index.js';
import type { Code } from './code.js';
import { propertyKey } from './names.js';

/** Null when there is more in it than data, or something that is written once and referred to. */
export function plainData(value: Value, shared: ReadonlySet<Value>): Code | null {
  if (value.t !== 'array' && value.t !== 'set' && value.t !== 'object' && value.t !== 'map') return null;
  const text = textOf(value, shared);
  return text === null ? null : [text];
}

function textOf(value: Value, shared: ReadonlySet<Value>): string | null {
  switch (value.t) {
    case 'undefined':
      return 'undefined';
    case 'primitive':
      return JSON.stringify(value.value);
    case 'number':
      return value.text;
    case 'bigint':
      return `${value.text}n`;
    default:
      return shared.has(value) ? null : structureOf(value, shared);
  }
}

function structureOf(value: Value, shared: ReadonlySet<Value>): string | null {
  const inner = (part: Value): string | null => textOf(part, shared);
  switch (value.t) {
    case 'array':
      return enclosed('[', value.items.map(inner), ']');
    case 'set':
      return enclosed('new Set([', value.items.map(inner), '])');
    case 'object':
      if (value.entries.length === 0) return '{}';
      return enclosed(
        '{ ',
        value.entries.map(([key, part]) => prefixed(`${propertyKey(key)}: `, inner(part))),
        ' }',
      );
    case 'map':
      return enclosed(
        'new Map([',
        value.entries.map(entry => enclosed('[', entry.map(inner), ']')),
        '])',
      );
    default:
      return null;
  }
}

function enclosed(open: string, items: readonly (string | null)[], close: string): string | null {
  return items.includes(null) ? null : `${open}${items.join(', ')}${close}`;
}
function prefixed(prefix: string, text: string | null): string | null {
  return text === null ? null : prefix + text;
}
