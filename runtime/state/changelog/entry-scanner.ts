import type { ByteReader } from '../../contract/bytes.js';
import type { KeyedSection } from '../../contract/state.js';
import { parseSchema } from '../schema/parse-schema.js';
import { skipperOf } from '../schema/skip-value.js';

type Skip = (from: ByteReader) => void;

/** Finds where entries of a section begin and end, from the schema beside them alone. */
export class EntryScanner {
  /** Behind what tells an entry from others: its key and namespace; all of a timer. */
  readonly skipId: Skip;
  /** From there to the end of the entry. */
  readonly skipContents: Skip;

  constructor({ kind, schema }: Pick<KeyedSection, 'kind' | 'schema'>) {
    const { key, namespace, mapKey, value, times } = schema;
    const id = [key, namespace, kind === 'timer' ? value : null].flatMap(skipper);
    const element = [kind === 'map' ? mapKey : null, value, times ? 'float64' : null].flatMap(skipper);
    const isCounted = kind === 'list' || kind === 'map';
    this.skipId = from => {
      for (const skip of id) skip(from);
    };
    this.skipContents =
      kind === 'timer'
        ? () => {}
        : from => {
            for (let left = isCounted ? from.varint() : 1; left > 0; left--)
              for (const skip of element) skip(from);
          };
  }
}

function skipper(schema: string | null): readonly Skip[] {
  return schema === null ? [] : [skipperOf(parseSchema(schema))];
}
