/** From the fields of a record to parameters that PostgreSQL reads as columns. */
import { ConnectorError } from '../api/connector-error.js';
import type { Schema, StructField } from '../api/schema.js';

export interface TableColumn {
  readonly name: string;
  /** as in SQL, e.g. 'numeric(10,2)' */
  readonly type: string;
}

export interface Column {
  readonly name: string;
  readonly type: string;
  /** what the server can read as the column's type; null is NULL */
  readonly value: (record: Readonly<Record<string, unknown>>) => string | number | boolean | Buffer | null;
}

/** One per field of the record, with the type that the table has for it. */
export function columnsOf(schema: Schema, table: string, found: readonly TableColumn[]): readonly Column[] {
  if (schema.kind !== 'struct')
    throw new ConnectorError('FC5343', {
      message: `records for table '${table}' must be objects, not ${schema.kind}`,
      fix: 'map the records to objects with one field per column',
    });
  if (found.length === 0)
    throw new ConnectorError('FC5343', {
      message: `there is no table '${table}', or the user may not see it`,
      fix: 'create the table first, or name it with its schema',
    });
  const types = new Map(found.map(({ name, type }) => [name, type]));
  const missing = schema.fields.filter(({ name }) => !types.has(name));
  if (missing.length > 0)
    throw new ConnectorError('FC5343', {
      message: `table '${table}' has no column for ${missing.map(({ name }) => `'${name}'`).join(', ')}`,
      fix: 'add the columns, or map the records to the columns that there are',
      facts: { columns: found.map(({ name }) => name).join(', ') },
    });
  return schema.fields.map(field => columnOf(field, types.get(field.name)!));
}

function columnOf({ name, schema }: StructField, type: string): Column {
  const convert = converter(schema);
  const json = /^jsonb?$/.test(type);
  return {
    name,
    type,
    value: record => {
      const value = record[name];
      if (value === null || value === undefined) return null;
      return json ? JSON.stringify(value, jsonValue) : convert(value);
    },
  };
}

function converter(schema: Schema): (value: unknown) => string | number | boolean | Buffer {
  switch (schema.kind) {
    case 'nullable':
      return converter(schema.of);
    case 'bool':
      return value => value as boolean;
    case 'int32':
    case 'float32':
    case 'float64':
      return value => value as number;
    case 'int64':
    case 'bigint':
      return value => String(value as bigint);
    case 'decimal':
      return value => decimalText(value as bigint, schema.scale);
    case 'timestamp':
      return value => new Date(value as number).toISOString();
    case 'date':
      return value => (value as Date).toISOString();
    case 'bytes':
      return value => {
        const bytes = value as Uint8Array;
        return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      };
    case 'string':
      return value => value as string;
    case 'enum':
      return value => value as string | number | boolean;
    default:
      return value => JSON.stringify(value, jsonValue);
  }
}

function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function jsonValue(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Map) return Object.fromEntries(value);
  return value instanceof Set ? [...(value as Set<unknown>)] : value;
}
