/** What two savepoints differ in. Memory is bounded by the largest key group of a state, not by the savepoint. */
import { metadataRows } from './metadata-rows.js';
import { readRows, type RowFilter, type StateRow } from './read-entries.js';
import type { Savepoint, StateFile } from './savepoint.js';
import { valueText } from './show-value.js';

export interface Difference {
  readonly uid: string;
  readonly state: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** the row of the second savepoint; of the first when it was removed */
  readonly row: StateRow;
  /** what it was */
  readonly before?: unknown;
}

export interface DiffFilter {
  readonly uid?: string | undefined;
  readonly state?: string | undefined;
  readonly key?: string | undefined;
}

export async function* diffSavepoints(
  first: Savepoint,
  second: Savepoint,
  filter: DiffFilter = {},
): AsyncIterable<Difference> {
  const before = await filesByUid(first, filter.uid);
  const after = await filesByUid(second, filter.uid);
  for (const uid of union(before.keys(), after.keys())) {
    const sides = [before.get(uid) ?? [], after.get(uid) ?? []] as const;
    for (const state of statesOf(sides.flat())) {
      if (filter.state !== undefined && filter.state !== state) continue;
      for (const keyGroup of keyGroupsOf(sides.flat(), state)) {
        const rows = { state, keyGroup, key: filter.key };
        yield* diffRows([rowsOf(sides[0], rows), rowsOf(sides[1], rows)], identity);
      }
    }
  }
  if (filter.key === undefined)
    yield* diffRows(
      [metadataRows(first.metadata, filter), metadataRows(second.metadata, filter)],
      identityOutside,
    );
}

type Rows = AsyncIterable<StateRow> | Iterable<StateRow>;

async function* rowsOf(files: readonly StateFile[], filter: RowFilter): AsyncIterable<StateRow> {
  for (const file of files) yield* readRows(file, filter);
}

async function* diffRows(
  [before, after]: readonly [Rows, Rows],
  idOf: (row: StateRow) => string,
): AsyncIterable<Difference> {
  const old = new Map<string, StateRow>();
  const ids = counter();
  for await (const row of before) old.set(ids(idOf(row)), row);
  const again = counter();
  for await (const row of after) {
    const { uid, state } = row;
    const id = again(idOf(row));
    const was = old.get(id);
    old.delete(id);
    if (!was) yield { uid, state, change: 'added', row };
    else if (contents(was) !== contents(row)) yield { uid, state, change: 'changed', row, before: was.value };
  }
  for (const row of old.values()) yield { uid: row.uid, state: row.state, change: 'removed', row };
}

/** Equal ids one after the other get different ones: elements of operator state have nothing but their value. */
function counter(): (id: string) => string {
  const seen = new Map<string, number>();
  return id => {
    const n = seen.get(id) ?? 0;
    seen.set(id, n + 1);
    return n === 0 ? id : `${id}#${n}`;
  };
}

function identity({ kind, keyGroup, key, namespace, mapKey, index, value }: StateRow): string {
  const byValue = kind === 'timer' || (keyGroup < 0 && kind !== 'broadcast');
  return valueText([key, namespace, mapKey, index, byValue ? value : null]);
}
/** A split is the same one wherever it is read and however far; what sinks keep has nothing but its value. */
function identityOutside({ uid, state, kind, value }: StateRow): string {
  const own = kind === 'split' ? splitIdOf(value) : kind === 'enumerator' ? null : value;
  return valueText([uid, state, kind, own]);
}
function splitIdOf(split: unknown): unknown {
  const { splitId = split } = (split ?? {}) as { readonly splitId?: unknown };
  return splitId;
}
function contents({ value, time }: StateRow): string {
  return valueText([value, time]);
}

async function filesByUid(savepoint: Savepoint, uid?: string): Promise<Map<string, StateFile[]>> {
  const files = new Map<string, StateFile[]>();
  for await (const file of savepoint.files(uid)) {
    const known = files.get(file.uid);
    if (known) known.push(file);
    else files.set(file.uid, [file]);
  }
  return files;
}
function union(a: Iterable<string>, b: Iterable<string>): readonly string[] {
  return [...new Set([...a, ...b])].sort();
}
function statesOf(files: readonly StateFile[]): readonly string[] {
  return [...new Set(files.flatMap(file => file.reader.sections.map(section => section.name)))].sort();
}
/** Ascending; -1 for state that is not keyed. */
function keyGroupsOf(files: readonly StateFile[], state: string): readonly number[] {
  const groups = new Set<number>();
  for (const { reader } of files) {
    reader.sections.forEach((section, i) => {
      if (section.name !== state) return;
      if (section.mode !== null) groups.add(-1);
      else for (const group of reader.keyGroupsOf(i)) groups.add(group);
    });
  }
  return [...groups].sort((a, b) => a - b);
}
