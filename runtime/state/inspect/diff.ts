/** What two savepoints differ in. Memory is bounded by the largest key group of a state, not by the savepoint. */
import { readRows, type StateRow } from './read-entries.js';
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
      for (const keyGroup of keyGroupsOf(sides.flat(), state))
        yield* diffKeyGroup(sides, { state, keyGroup, key: filter.key });
    }
  }
}

async function* diffKeyGroup(
  [before, after]: readonly [readonly StateFile[], readonly StateFile[]],
  filter: { readonly state: string; readonly keyGroup: number; readonly key: string | undefined },
): AsyncIterable<Difference> {
  const old = new Map<string, StateRow>();
  const ids = counter();
  for (const file of before) for await (const row of readRows(file, filter)) old.set(ids(identity(row)), row);
  const again = counter();
  for (const file of after) {
    for await (const row of readRows(file, filter)) {
      const { uid, state } = row;
      const id = again(identity(row));
      const was = old.get(id);
      old.delete(id);
      if (!was) yield { uid, state, change: 'added', row };
      else if (contents(was) !== contents(row))
        yield { uid, state, change: 'changed', row, before: was.value };
    }
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
