/** What JSON in a state file must look like. The checksum says that nobody changed it, not who wrote it. */
import { damaged } from '../storage/damaged.js';
import {
  blockHeaderBytes,
  noKeyGroup,
  type IndexEntry,
  type SectionHeader,
  type StateFileHeader,
} from './layout.js';

type Fields = Readonly<Record<string, unknown>>;

const keyedKinds: readonly string[] = ['value', 'list', 'map', 'reducing', 'aggregating', 'timer'];
const changes: readonly string[] = ['put', 'remove'];
const modes: readonly string[] = ['split', 'union', 'broadcast'];

export function checkedHeader(file: string, json: unknown): StateFileHeader {
  const header = fields(file, json);
  for (const name of ['jobId', 'uid', 'uidHash']) text(file, header, name);
  for (const name of ['checkpointId', 'subtask', 'parallelism', 'maxParallelism']) count(file, header, name);
  return header as unknown as StateFileHeader;
}

/** Runs of blocks lie between `start` and `end`. */
export function checkedFooter(
  file: string,
  json: unknown,
  start: number,
  end: number,
): { readonly sections: readonly SectionHeader[]; readonly index: readonly IndexEntry[] } {
  const { sections, index } = fields(file, json);
  if (!Array.isArray(sections) || !Array.isArray(index) || index.length % 4 !== 0)
    throw damaged(file, 'its footer has another form');
  for (const json of sections) {
    const section = fields(file, json);
    text(file, section, 'name');
    checkSchema(file, fields(file, section['schema']));
    const { kind, mode, change } = section;
    const known =
      mode === null ? keyedKinds.includes(kind as string) : kind === null && modes.includes(mode as string);
    if (!known || !(change === undefined || (mode === null && changes.includes(change as string))))
      throw damaged(file, 'a section has an unknown kind');
  }
  const entries: IndexEntry[] = [];
  let last = start;
  for (let i = 0; i < index.length; i += 4) {
    const [section, keyGroup, from, to] = index.slice(i, i + 4) as readonly unknown[];
    if (![section, keyGroup, from, to].every(Number.isSafeInteger))
      throw damaged(file, 'its index has another form');
    const entry = { section, keyGroup, start: from, end: to } as IndexEntry;
    const keyed = (sections[entry.section] as SectionHeader | undefined)?.mode === null;
    if (
      entry.section < 0 ||
      entry.section >= sections.length ||
      entry.start !== last ||
      entry.end < entry.start + blockHeaderBytes ||
      entry.end > end ||
      (keyed ? entry.keyGroup < 0 || entry.keyGroup >= noKeyGroup : entry.keyGroup !== noKeyGroup)
    )
      throw damaged(file, 'its index contradicts the file');
    last = entry.end;
    entries.push(entry);
  }
  if (last !== end) throw damaged(file, 'its index does not cover the file');
  return { sections: sections as readonly SectionHeader[], index: entries };
}

function checkSchema(file: string, schema: Fields): void {
  for (const name of ['key', 'namespace', 'mapKey']) if (schema[name] !== null) text(file, schema, name);
  for (const name of ['value', 'layout']) text(file, schema, name);
  if (typeof schema['times'] !== 'boolean') throw damaged(file, `its description has no 'times'`);
}
function fields(file: string, json: unknown): Fields {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw damaged(file, 'its description has another form');
  return json as Fields;
}
function text(file: string, from: Fields, name: string): void {
  if (typeof from[name] !== 'string') throw damaged(file, `its description has no '${name}'`);
}
function count(file: string, from: Fields, name: string): void {
  if (!Number.isSafeInteger(from[name]) || (from[name] as number) < 0)
    throw damaged(file, `its description has no '${name}'`);
}
