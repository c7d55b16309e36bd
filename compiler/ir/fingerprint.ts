import { createHash } from 'node:crypto';
import type { Schema } from '../../plugins/api/schema.js';
import { schemaText } from '../../plugins/api/schema-text.js';

/** 32 hex digits of the SHA-256 of the canonical text: what state and exchanges compare to know that bytes fit. */
export function fingerprint(schema: Schema): string {
  return createHash('sha256').update(schemaText(schema)).digest('hex').slice(0, 32);
}
