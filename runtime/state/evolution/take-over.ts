/** Restoring a state under the program's schema: the same verdict as `flinkc check` gives, carried out. */
import { schemaText } from '../../../plugins/api/schema-text.js';
import { RuntimeFault } from '../../contract/fault.js';
import type { StateSpec } from '../../contract/state.js';
import { parseSchema } from '../schema/parse-schema.js';
import { schemaCodec } from '../schema/schema-codec.js';
import { compareSections, type Section, type SectionVerdict } from './compare-sections.js';
import { entryMigration, type ValueMigration } from './migrate-entries.js';

/** Chunks of whole entries with the stored schema → with the program's. Times for TTL stay as they were stored. */
export type ChunkMigration = (chunk: Uint8Array) => Uint8Array;

/**
 * @param spec of the state; null for operators that lay out their state themselves
 * @returns null when entries can be read as they are
 * @throws RuntimeFault FC5103 with the reason when they cannot be migrated
 */
export function takeOver(
  name: string,
  stored: Section,
  wanted: Section,
  spec: StateSpec | null,
): ChunkMigration | null {
  const migrations = spec?.migrations ?? [];
  const verdict = compareSections(
    stored,
    wanted,
    migrations.map(migration => schemaText(migration.from)),
  );
  switch (verdict.kind) {
    case 'compatible':
      return null;
    case 'breaking':
      throw incompatible(name, verdict);
    case 'migrate': {
      const { value } = verdict;
      return value && entryMigration(stored, valueMigration(name, value, wanted, spec));
    }
  }
}

type Value = NonNullable<Extract<SectionVerdict, { readonly kind: 'migrate' }>['value']>;

function valueMigration(name: string, value: Value, wanted: Section, spec: StateSpec | null): ValueMigration {
  if (value.by === 'flinkc') {
    // What was read are plain objects, which the generated codecs of classes do not take.
    const codec = schemaCodec(parseSchema(wanted.schema.value), name);
    return { convert: value.convert, write: (out, next) => codec.write(out, next) };
  }
  const convert = spec!.migrations![value.index]!.convert;
  if (!convert) throw new Error(`the migrate function ${value.index} of state '${name}' is not there`);
  return { convert: old => migrated(name, convert, old), write: (out, next) => spec!.value.write(out, next) };
}

function migrated(name: string, convert: (old: unknown) => unknown, old: unknown): unknown {
  try {
    return convert(old);
  } catch (cause) {
    throw new RuntimeFault('FC5142', {
      message: `the migrate function of state '${name}' failed: ${cause instanceof Error ? cause.message : String(cause)}`,
      domain: 'user',
      fix: 'the function must give a value for every old one; look at them with flinkc state get',
      cause,
    });
  }
}

function incompatible(
  name: string,
  { reason, fix }: { readonly reason: string; readonly fix: string },
): RuntimeFault {
  return new RuntimeFault('FC5103', {
    message: `state '${name}' in the snapshot does not fit the program: ${reason}`,
    domain: 'user',
    fix,
    facts: { state: name },
  });
}
