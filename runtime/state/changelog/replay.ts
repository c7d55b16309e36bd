import { ByteReader, ByteWriter } from '../../contract/bytes.js';
import { sameSchema } from '../../contract/section-schema.js';
import type { KeyedSection } from '../../contract/state.js';
import type { RuntimeFault } from '../../contract/fault.js';
import type { SectionChange } from '../format/layout.js';
import { damaged } from '../storage/damaged.js';
import { EntryScanner } from './entry-scanner.js';

type SectionKind = Pick<KeyedSection, 'kind' | 'schema'>;
/** By id; null: removed. */
type Entries = Map<string, Uint8Array | null>;

interface LoggedSection extends SectionKind {
  readonly scanner: EntryScanner;
  readonly keyGroups: Map<number, Entries>;
}

/** What a changelog says of each entry in the end. Backends without tables of their own use it too: bytes are all it needs. */
export class Replay {
  readonly #sections = new Map<string, LoggedSection>();

  /** Changes in the order they were logged in. The bytes are kept. */
  apply(
    { name, kind, schema }: SectionKind & { readonly name: string },
    change: SectionChange,
    keyGroup: number,
    entries: Uint8Array,
  ): void {
    const section = this.#section(name, { kind, schema });
    let known = section.keyGroups.get(keyGroup);
    if (!known) section.keyGroups.set(keyGroup, (known = new Map()));
    const from = new ByteReader(entries);
    while (from.remaining > 0) {
      const start = from.position;
      section.scanner.skipId(from);
      const id = text(entries, start, from.position);
      if (change === 'remove') {
        known.set(id, null);
        continue;
      }
      section.scanner.skipContents(from);
      known.set(id, entries.subarray(start, from.position));
    }
  }

  /** The sections with what was logged on top. */
  onto(base: ReadonlyMap<string, KeyedSection>): Map<string, KeyedSection> {
    const result = new Map(base);
    for (const [name, logged] of this.#sections) {
      const { kind, schema } = logged;
      const before = base.get(name);
      if (before && !isSame(before, logged)) throw contradiction(name);
      const keyGroups = new Map(before?.keyGroups);
      for (const [keyGroup, entries] of logged.keyGroups) {
        const chunks = merged(logged.scanner, keyGroups.get(keyGroup) ?? [], entries);
        if (chunks.length > 0) keyGroups.set(keyGroup, chunks);
        else keyGroups.delete(keyGroup);
      }
      result.set(name, { kind, schema, keyGroups });
    }
    return result;
  }

  #section(name: string, { kind, schema }: SectionKind): LoggedSection {
    const known = this.#sections.get(name);
    if (known) {
      if (!isSame(known, { kind, schema })) throw contradiction(name);
      return known;
    }
    const made = { kind, schema, scanner: new EntryScanner({ kind, schema }), keyGroups: new Map() };
    this.#sections.set(name, made);
    return made;
  }
}

function merged(
  scanner: EntryScanner,
  chunks: readonly Uint8Array[],
  entries: Entries,
): readonly Uint8Array[] {
  const result: Uint8Array[] = [];
  for (const chunk of chunks) {
    const kept = withoutLogged(scanner, chunk, entries);
    if (kept.length > 0) result.push(kept);
  }
  const out = new ByteWriter();
  for (const entry of entries.values()) if (entry !== null) out.raw(entry);
  if (out.length > 0) result.push(out.toBytes());
  return result;
}

/** Runs of entries that the log does not mention are copied as one. */
function withoutLogged(scanner: EntryScanner, chunk: Uint8Array, entries: Entries): Uint8Array {
  const out = new ByteWriter(chunk.length);
  const from = new ByteReader(chunk);
  let run = 0;
  while (from.remaining > 0) {
    const start = from.position;
    scanner.skipId(from);
    const isLogged = entries.has(text(chunk, start, from.position));
    scanner.skipContents(from);
    if (!isLogged) continue;
    out.raw(chunk.subarray(run, start));
    run = from.position;
  }
  if (run === 0) return chunk;
  out.raw(chunk.subarray(run));
  return out.toBytes();
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}
function isSame(a: SectionKind, b: SectionKind): boolean {
  return a.kind === b.kind && sameSchema(a.schema, b.schema);
}
/** A log is written by one attempt, whose states do not change their form. */
function contradiction(name: string): RuntimeFault {
  return damaged(`changelog of state '${name}'`, 'it has another form than what it continues');
}
