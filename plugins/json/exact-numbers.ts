/**
 * Numbers that a double cannot hold, for decimals and bigints: JSON.parse would round them. Their text is kept by quoting
 * them before the line is parsed; everybody else gets the rounded number.
 */
import type { Schema } from '../api/schema.js';
import { RecordError } from '../api/text-records.js';

export class ExactNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Sixteen digits and more may not fit; shorter numbers are exact as they are. */
const longNumber = /\d[\d.]{15}/;
const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d[\d.]*(?:[eE][+-]?\d+)?/g;
/** Half of a character in front of a digit, which no text in UTF-8 has, so that no text is taken for a number. */
const mark = '\ud800';
const marked = /^\ud800[-\d]/;

/** Parses a line for this schema. */
export function exactParser(schema: Schema): (text: string) => unknown {
  if (!wantsExact(schema)) return parse;
  return text => {
    if (!longNumber.test(text)) return parse(text);
    // a line that is no JSON must not become JSON by quoting
    parse(text);
    const quoted = text.replaceAll(stringOrNumber, token =>
      token.startsWith('"') || !longNumber.test(token) ? token : `"${mark}${token}"`,
    );
    return JSON.parse(quoted, (_, value: unknown) =>
      typeof value === 'string' && marked.test(value) ? new ExactNumber(value.slice(1)) : value,
    );
  };
}

/** The value as JSON.parse gives it. */
export function rounded(value: unknown): unknown {
  if (value instanceof ExactNumber) return Number(value.text);
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, rounded(item)]));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RecordError(`not JSON: ${(error as Error).message}`);
  }
}

function wantsExact(schema: Schema): boolean {
  switch (schema.kind) {
    case 'int64':
    case 'bigint':
    case 'decimal':
      return true;
    case 'nullable':
    case 'list':
    case 'set':
    case 'recursive':
      return wantsExact(schema.of);
    case 'struct':
      return schema.fields.some(field => wantsExact(field.schema));
    case 'tuple':
      return schema.items.some(wantsExact) || (schema.rest !== undefined && wantsExact(schema.rest));
    case 'map':
      return wantsExact(schema.key) || wantsExact(schema.value);
    case 'record':
      return wantsExact(schema.value);
    case 'union':
      return schema.cases.some(c => wantsExact(c.schema));
    default:
      return false;
  }
}
