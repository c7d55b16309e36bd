/** Compares all state of two programs, or of a savepoint and a program: what `flinkc check` reports. */
import type { SectionManifest } from '../../contract/manifest.js';
import { compareSections } from './compare-sections.js';
import type { Change } from './conversion.js';

export interface OperatorState {
  readonly uid: string;
  readonly uidHash: string;
  /** the uid it had before it was renamed */
  readonly formerly?: { readonly uid: string; readonly uidHash: string };
  readonly sections: readonly SectionManifest[];
  /** what it keeps outside of sections, such as `splits` of a source */
  readonly other: readonly string[];
  /** how many key groups its keyed state is cut into; null: as many as what it is restored from */
  readonly maxParallelism?: number | null;
}

export type Verdict =
  | { readonly verdict: 'compatible' }
  | { readonly verdict: 'migration'; readonly changes: readonly Change[] }
  | { readonly verdict: 'new' }
  /** of an operator that is gone: a restore refuses to lose it unless it is told to */
  | { readonly verdict: 'dropped'; readonly refused: boolean }
  | { readonly verdict: 'breaking'; readonly reason: string; readonly fix: string };

export type StateVerdict = Verdict & {
  readonly uid: string;
  readonly state: string;
  /** uid and name under which the snapshot has it, where they differ */
  readonly formerly?: string;
};

/** One verdict per operator and state, in the order of uids. */
export function compareStates(
  before: readonly OperatorState[],
  after: readonly OperatorState[],
): readonly StateVerdict[] {
  const left = new Map(before.map(operator => [operator.uidHash, operator]));
  const verdicts: StateVerdict[] = [];
  for (const operator of after) {
    const { uidHash, formerly } = operator;
    const id = formerly && !left.has(uidHash) ? formerly.uidHash : uidHash;
    const old = left.get(id);
    left.delete(id);
    verdicts.push(...compareOperator(old ?? null, operator));
  }
  for (const { uid, sections, other } of left.values()) {
    for (const state of [...sections.map(s => s.name), ...other])
      verdicts.push({ uid, state, verdict: 'dropped', refused: true });
  }
  return verdicts.sort((a, b) => compareText(a.uid, b.uid) || compareText(a.state, b.state));
}

function compareOperator(old: OperatorState | null, operator: OperatorState): readonly StateVerdict[] {
  const { uid } = operator;
  const left = new Map(old?.sections.map(section => [section.name, section]));
  const recut = keyGroupsChange(old, operator);
  const moved = old && old.uid !== uid ? `${old.uid}/` : '';
  const verdicts = operator.sections.map((section): StateVerdict => {
    const { name, formerly } = section;
    const storedName = formerly !== undefined && !left.has(name) ? formerly : name;
    const stored = left.get(storedName);
    left.delete(storedName);
    if (!stored) return { uid, state: name, verdict: 'new' };
    const was = moved !== '' || storedName !== name ? { formerly: `${moved}${storedName}` } : {};
    return { uid, state: name, ...was, ...((isKeyed(section) && recut) || compareSection(stored, section)) };
  });
  for (const name of left.keys()) verdicts.push({ uid, state: name, verdict: 'dropped', refused: false });
  const others = new Set([...operator.other, ...(old?.other ?? [])]);
  for (const state of others) {
    const was = old?.other.includes(state) ?? false;
    if (was)
      verdicts.push({ uid, state, verdict: 'compatible', ...(moved && { formerly: `${moved}${state}` }) });
    else verdicts.push({ uid, state, verdict: 'new' });
  }
  return verdicts;
}

const isKeyed = ({ schema }: SectionManifest): boolean => schema.key !== null;

/** Key groups cannot be cut anew (§8.1). */
function keyGroupsChange(old: OperatorState | null, { maxParallelism }: OperatorState): Verdict | null {
  const before = old?.maxParallelism ?? null;
  if (before === null || (maxParallelism ?? before) === before) return null;
  return {
    verdict: 'breaking',
    reason: `it is cut into ${before} key groups, and the program has max parallelism ${maxParallelism}`,
    fix: `set pipeline.max-parallelism: ${before}, or leave it out`,
  };
}

function compareSection(stored: SectionManifest, wanted: SectionManifest): Verdict {
  // Whether a state has TTL is decided when it is opened; either way restores.
  const schema = { ...wanted.schema, times: stored.schema.times };
  const found = compareSections(stored, { kind: wanted.kind, schema }, wanted.migrations);
  switch (found.kind) {
    case 'compatible':
      return { verdict: 'compatible' };
    case 'migrate':
      return { verdict: 'migration', changes: found.changes };
    case 'breaking':
      return { verdict: 'breaking', reason: found.reason, fix: found.fix };
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
