/** Rewrites the entries of a section for another schema of the value. Keys and namespaces are copied as they are. */
import { ByteReader, ByteWriter } from '../../contract/bytes.js';
import type { ValueCodec } from '../../contract/codec.js';
import type { SectionSchema } from '../../contract/state.js';
import { parseSchema } from '../schema/parse-schema.js';
import { schemaCodec } from '../schema/schema-codec.js';
import type { Section } from './compare-sections.js';

/** How one value becomes another. `write` writes what `convert` gives. */
export interface ValueMigration {
  readonly convert: (value: unknown) => unknown;
  readonly write: ValueCodec['write'];
}

/** A function from a chunk of whole entries to such a chunk. Times for TTL stay as they are. */
export function entryMigration(
  { kind, schema }: Section,
  { convert, write }: ValueMigration,
): (chunk: Uint8Array) => Uint8Array {
  const prefix = prefixOf(schema);
  const value = schemaCodec(parseSchema(schema.value), 'value');
  const mapKey = schema.mapKey === null ? null : schemaCodec(parseSchema(schema.mapKey), 'key');
  const counted = kind === 'list' || kind === 'map';
  const keyed = kind === 'map' || kind === 'broadcast' ? mapKey : null;
  const out = new ByteWriter(1024);
  return chunk => {
    const from = new ByteReader(chunk);
    out.reset();
    const copy = (codec: ValueCodec): void => {
      const start = from.position;
      codec.read(from);
      out.raw(chunk.subarray(start, from.position));
    };
    do {
      for (const codec of prefix) copy(codec);
      let count = 1;
      if (counted) out.varint((count = from.varint()));
      for (; count > 0; count--) {
        if (keyed) copy(keyed);
        write(out, convert(value.read(from)));
        if (schema.times) out.f64(from.f64());
      }
    } while (from.remaining > 0);
    return out.toBytes();
  };
}

/** What every entry begins with: the key, then the namespace. */
export function prefixOf({ key, namespace }: SectionSchema): readonly ValueCodec[] {
  return [key, namespace].flatMap((text, i) =>
    text === null ? [] : [schemaCodec(parseSchema(text), i === 0 ? 'key' : 'window')],
  );
}
