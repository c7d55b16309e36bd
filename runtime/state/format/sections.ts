/** Sections of a snapshot as canonical state files, and back. */
import type { KeyGroupRange } from '../../contract/key-groups.js';
import type { KeyedSection, OperatorSection } from '../../contract/state.js';
import type { SectionChange } from './layout.js';
import type { StateFileReader } from './state-file-reader.js';
import type { StateFileWriter } from './state-file-writer.js';

export async function writeKeyedSections(
  out: StateFileWriter,
  sections: ReadonlyMap<string, KeyedSection>,
  change?: SectionChange,
): Promise<void> {
  for (const [name, { kind, schema, keyGroups }] of sorted(sections)) {
    const section = out.section({ name, kind, mode: null, schema, ...(change ? { change } : {}) });
    for (const [keyGroup, chunks] of [...keyGroups].sort(([a], [b]) => a - b))
      for (const chunk of chunks) await out.keyed(section, keyGroup, chunk);
  }
}

export async function writeOperatorSections(
  out: StateFileWriter,
  sections: ReadonlyMap<string, OperatorSection>,
): Promise<void> {
  for (const [name, { mode, schema, elements }] of sorted(sections)) {
    const section = out.section({ name, kind: null, mode, schema });
    for (const element of elements) await out.element(section, element);
  }
}

/** In memory; only the key groups of the range. */
export async function readKeyedSections(
  file: StateFileReader,
  range: KeyGroupRange,
): Promise<Map<string, KeyedSection>> {
  const sections = new Map<string, KeyedSection>();
  for (const [section, { name, mode, kind, schema }] of file.sections.entries()) {
    if (mode !== null) continue;
    const keyGroups = new Map<number, Uint8Array[]>();
    for await (const { keyGroup, entries } of file.blocks(section, range.start, range.end)) {
      const chunks = keyGroups.get(keyGroup);
      if (chunks) chunks.push(entries.slice());
      else keyGroups.set(keyGroup, [entries.slice()]);
    }
    sections.set(name, { kind, schema, keyGroups });
  }
  return sections;
}

export async function readOperatorSections(file: StateFileReader): Promise<Map<string, OperatorSection>> {
  const sections = new Map<string, OperatorSection>();
  for (const [section, { name, mode, schema }] of file.sections.entries()) {
    if (mode === null) continue;
    const elements: Uint8Array[] = [];
    for await (const { entries } of file.blocks(section)) elements.push(entries.slice());
    sections.set(name, { mode, schema, elements });
  }
  return sections;
}

/** The same state gives the same bytes. */
function sorted<S>(sections: ReadonlyMap<string, S>): [string, S][] {
  return [...sections].sort(([a], [b]) => (a < b ? -1 : 1));
}
