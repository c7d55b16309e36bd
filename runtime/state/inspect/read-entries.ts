/** Typed contents of a state file: one row for every value, as a stream that never holds more than a block. */
import { ByteReader } from '../../contract/bytes.js';
import type { ValueCodec } from '../../contract/codec.js';
import { prefixOf } from '../evolution/migrate-entries.js';
import { parseSchema } from '../schema/parse-schema.js';
import { schemaCodec } from '../schema/schema-codec.js';
import { sectionOf, type StateFile } from './savepoint.js';
import { valueText } from './show-value.js';

/** One value of one state. What a kind does not have is undefined. */
export interface StateRow {
  readonly uid: string;
  readonly state: string;
  readonly kind: string;
  readonly subtask: number;
  /** -1: not keyed */
  readonly keyGroup: number;
  readonly key: unknown;
  /** window, or what else the state is scoped to */
  readonly namespace: unknown;
  /** of map and broadcast state */
  readonly mapKey: unknown;
  /** of list state: the element's position */
  readonly index: number | undefined;
  /** timers: when they fire */
  readonly value: unknown;
  /** last access, for TTL; epoch milliseconds */
  readonly time: number | undefined;
}

export interface RowFilter {
  readonly state?: string | undefined;
  /** text of the key ({@link valueText}) */
  readonly key?: string | undefined;
  readonly keyGroup?: number | undefined;
}

export async function* readRows(file: StateFile, filter: RowFilter = {}): AsyncIterable<StateRow> {
  const { uid, subtask, reader } = file;
  for (const [index, header] of reader.sections.entries()) {
    if (filter.state !== undefined && header.name !== filter.state) continue;
    const { kind, name, schema } = sectionOf(header);
    if (filter.key !== undefined && schema.key === null) continue;
    const prefix = prefixOf(schema);
    const value = schemaCodec(parseSchema(schema.value), name);
    const mapKey = schema.mapKey === null ? null : schemaCodec(parseSchema(schema.mapKey), `${name} key`);
    const counted = kind === 'list' || kind === 'map';
    const keyed = kind === 'map' || kind === 'broadcast' ? mapKey : null;
    const { keyGroup: only } = filter;
    const blocks = only === undefined || only < 0 ? reader.blocks(index) : reader.blocks(index, only, only);
    for await (const { keyGroup, entries } of blocks) {
      const from = new ByteReader(entries);
      do {
        const [key, namespace] = readPrefix(prefix, from);
        const skip = filter.key !== undefined && valueText(key) !== filter.key;
        const count = counted ? from.varint() : 1;
        for (let i = 0; i < count; i++) {
          const row: StateRow = {
            uid,
            state: name,
            kind,
            subtask,
            keyGroup,
            key,
            namespace,
            mapKey: keyed?.read(from),
            index: kind === 'list' ? i : undefined,
            value: value.read(from),
            time: schema.times ? from.f64() : undefined,
          };
          if (!skip) yield row;
        }
      } while (from.remaining > 0);
    }
  }
}

function readPrefix(prefix: readonly ValueCodec[], from: ByteReader): readonly unknown[] {
  return prefix.map(codec => codec.read(from));
}
