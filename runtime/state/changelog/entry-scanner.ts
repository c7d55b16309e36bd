import type { ByteReader } from '../../contract/bytes.js';
import type { KeyedSection } from '../../contract/state.js';
import { prefixOf } from '../evolution/migrate-entries.js';
import { parseSchema } from '../schema/parse-schema.js';
import { schemaCodec } from '../schema/schema-codec.js';

/** Finds where entries of a section begin and end, from the schema beside them alone. */
export class EntryScanner {
  /** Behind what tells an entry from others: its key and namespace; all of a timer. */
  readonly skipId: (from: ByteReader) => void;
  /** From there to the end of the entry. */
  readonly skipContents: (from: ByteReader) => void;

  constructor({ kind, schema }: Pick<KeyedSection, 'kind' | 'schema'>) {
    const prefix = prefixOf(schema);
    const value = schemaCodec(parseSchema(schema.value), 'value');
    if (kind === 'timer') {
      this.skipId = from => {
        for (const codec of prefix) codec.read(from);
        value.read(from);
      };
      this.skipContents = () => {};
      return;
    }
    this.skipId = from => {
      for (const codec of prefix) codec.read(from);
    };
    const mapKey =
      kind === 'map' && schema.mapKey !== null ? schemaCodec(parseSchema(schema.mapKey), 'key') : null;
    const counted = kind === 'list' || kind === 'map';
    this.skipContents = from => {
      for (let left = counted ? from.varint() : 1; left > 0; left--) {
        mapKey?.read(from);
        value.read(from);
        if (schema.times) from.f64();
      }
    };
  }
}
