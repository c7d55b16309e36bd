/**
 * `flinkc.lock.json` beside the program: which operator has which uid. A uid is derived once, from the names around
 * the operator (`main/sessions.window`), and stays when the code around it changes, so that the operator finds its
 * state again. The file belongs in version control. Operators with a `.uid()` of their own are not in it; entries of
 * operators that are gone are dropped, since the history of the file has them. `renames`, written by hand, says what
 * operators and states were called in older savepoints.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { diagnose } from '../diagnostics/diagnose.js';
import type { DiagnosticLog } from '../diagnostics/diagnostic.js';
import type { Graph, Op, Renamed } from '../ir/graph.js';
import { compareText } from './graph.js';
import { operatorShape } from './operator-shape.js';
import type { UserModules } from './modules.js';

const lockFileName = 'flinkc.lock.json';

interface LockEntry {
  /** where the operator stood when the file was written */
  readonly path: string;
  /** hash of what it does, to recognise it elsewhere */
  readonly shape: string;
}
type ProgramLock = Readonly<Record<string, LockEntry>>;
interface LockFile {
  readonly version: 1;
  /** file name of a program → uid → operator */
  readonly programs: Readonly<Record<string, ProgramLock>>;
  readonly renames?: Readonly<Record<string, Renames>>;
}
/** new name → old name */
interface Renames {
  readonly operators?: Readonly<Record<string, string>>;
  /** by the operator's uid */
  readonly states?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface LockOptions {
  readonly graph: Graph;
  readonly modules: UserModules;
  /** root-relative path of the program */
  readonly entry: string;
  readonly log: DiagnosticLog;
  /** report a difference instead of planning to write it: for build servers */
  readonly frozen: boolean;
}
export interface LockedGraph {
  /** the graph, with pinned uids as symbol paths */
  readonly graph: Graph;
  /** Writes the file when it changed; to be called when the build has succeeded. */
  save(): void;
}

export function lockGraph({ graph, modules, entry, log, frozen }: LockOptions): LockedGraph | null {
  const name = path.posix.join(path.posix.dirname(entry), lockFileName);
  const file = path.join(modules.root, name);
  const before = existsSync(file) ? readFileSync(file, 'utf8') : null;
  const lock = before === null ? { version: 1 as const, programs: {} } : parseLockFile(before);
  if (typeof lock === 'string') {
    log.add(diagnose('FC1213', { file: name, why: lock }, null));
    return null;
  }
  const program = path.posix.basename(entry);
  const known = lock.programs[program] ?? {};
  const pins = pinOperators(graph, known, modules);
  for (const { op, uid, moved } of pins) {
    if (moved) log.add(diagnose('FC1215', { path: op.symbolPath, uid }, op.origin));
  }
  const now = Object.fromEntries(
    pins
      .map(({ op, uid, shape }) => [uid, { path: op.symbolPath, shape }] as const)
      .sort(([a], [b]) => compareText(a, b)),
  );
  const programs = Object.entries({ ...lock.programs, [program]: now }).sort(([a], [b]) => compareText(a, b));
  const next: LockFile = {
    version: 1,
    programs: Object.fromEntries(programs),
    ...(lock.renames && { renames: lock.renames }),
  };
  const after = `${JSON.stringify(next, null, 2)}\n`;
  if (frozen && after !== before)
    log.add(diagnose('FC1214', { file: name, change: firstChange(known, now) }, null));
  const uids = new Map(pins.map(({ op, uid }) => [op, uid]));
  const renames = lock.renames?.[program] ?? {};
  const ops = graph.ops.map(op => {
    const uid = uids.get(op) ?? op.uid ?? op.symbolPath;
    const renamed = renamedOf(uid, renames);
    return { ...op, ...(uids.has(op) && { symbolPath: uid }), ...(renamed && { renamed }) };
  });
  checkRenames(renames, new Set(ops.map(op => op.uid ?? op.symbolPath)), log);
  return {
    graph: { ...graph, ops },
    save: () => {
      if (after !== before && !frozen) writeAtomically(file, after);
    },
  };
}

function renamedOf(uid: string, { operators = {}, states = {} }: Renames): Renamed | null {
  const former = Object.hasOwn(operators, uid) ? operators[uid]! : null;
  const names = Object.hasOwn(states, uid) ? states[uid]! : {};
  return former === null && Object.keys(names).length === 0 ? null : { uid: former, states: names };
}

function checkRenames(
  { operators = {}, states = {} }: Renames,
  uids: ReadonlySet<string>,
  log: DiagnosticLog,
): void {
  const known = [...uids].sort(compareText).join(', ');
  for (const uid of new Set([...Object.keys(operators), ...Object.keys(states)])) {
    if (!uids.has(uid)) log.add(diagnose('FC1216', { what: `operator '${uid}'`, known }, null));
  }
}

/** The file's content, or why it cannot be used. */
function parseLockFile(text: string): LockFile | string {
  let lock: Partial<LockFile> | null;
  try {
    lock = JSON.parse(text) as Partial<LockFile> | null;
  } catch {
    return text.includes('<<<<<<<') ? 'it has merge conflicts.' : 'it is not JSON.';
  }
  if (lock?.version !== 1) return `its version is ${String(lock?.version)}, and this flinkc knows version 1.`;
  if (typeof lock.programs !== 'object') return 'it has no programs.';
  if (lock.renames !== undefined && !(isObject(lock.renames) && Object.values(lock.renames).every(isRenames)))
    return 'its renames are not of the form { "operators": { "new": "old" }, "states": { "uid": { "new": "old" } } }.';
  return lock as LockFile;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
function isRenames(json: unknown): json is Renames {
  const areNames = (value: unknown): boolean =>
    isObject(value) && Object.values(value).every(name => typeof name === 'string');
  if (!isObject(json)) return false;
  const { operators, states, ...rest } = json as Readonly<Record<string, unknown>>;
  return (
    Object.keys(rest).length === 0 &&
    (operators === undefined || areNames(operators)) &&
    (states === undefined || (isObject(states) && Object.values(states).every(areNames)))
  );
}

interface Pin {
  readonly op: Op;
  readonly uid: string;
  readonly shape: string;
  readonly moved: boolean;
}

/** From the surest match to the vaguest; what is left over is new. */
function pinOperators(graph: Graph, known: ProgramLock, modules: UserModules): readonly Pin[] {
  const open = new Map(Object.entries(known));
  const taken = new Set(graph.ops.flatMap(op => (op.uid === null ? [] : [op.uid])));
  const pins = new Map<Op, Pin>();
  const candidates = graph.ops
    .filter(op => op.uid === null)
    .map(op => ({ op, shape: operatorShape(op, graph, modules) }));
  type Candidate = (typeof candidates)[number];

  const pin = ({ op, shape }: Candidate, uid: string, moved: boolean): void => {
    pins.set(op, { op, uid, shape, moved });
    open.delete(uid);
    taken.add(uid);
  };
  const matchBy = (
    keyOf: (path: string, shape: string) => string,
    options: { unique: boolean; moved: boolean },
  ): void => {
    const byKey = groupBy([...open], ([, entry]) => keyOf(entry.path, entry.shape));
    const waiting = candidates.filter(c => !pins.has(c.op));
    for (const [key, group] of groupBy(waiting, c => keyOf(c.op.symbolPath, c.shape))) {
      const entries = byKey.get(key) ?? [];
      if (options.unique && (group.length !== 1 || entries.length !== 1)) continue;
      for (const [i, candidate] of group.entries()) {
        const entry = entries[i];
        if (entry) pin(candidate, entry[0], options.moved);
      }
    }
  };
  matchBy((at, shape) => `${at} ${shape}`, { unique: false, moved: false });
  // another operator of the same kind came or went beside it
  matchBy((at, shape) => `${withoutOccurrence(at)} ${shape}`, { unique: false, moved: false });
  // edited in place
  matchBy(at => at, { unique: false, moved: false });
  // renamed or moved: only when there is no doubt which one it was
  matchBy((_, shape) => shape, { unique: true, moved: true });

  for (const candidate of candidates) {
    if (!pins.has(candidate.op)) pin(candidate, freeUid(candidate.op.symbolPath, taken), false);
  }
  return [...pins.values()];
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

function freeUid(derived: string, taken: ReadonlySet<string>): string {
  let uid = derived;
  for (let n = 1; taken.has(uid); n++) uid = `${withoutOccurrence(derived)}~${n}`;
  return uid;
}

function withoutOccurrence(symbolPath: string): string {
  return symbolPath.replace(/~\d+$/, '');
}

function firstChange(before: ProgramLock, after: ProgramLock): string {
  const added = Object.keys(after).find(uid => !Object.hasOwn(before, uid));
  if (added !== undefined) return `operator '${added}' is new`;
  const removed = Object.keys(before).find(uid => !Object.hasOwn(after, uid));
  if (removed !== undefined) return `operator '${removed}' is gone`;
  const changed = Object.keys(after).find(uid => JSON.stringify(before[uid]) !== JSON.stringify(after[uid]));
  return changed === undefined ? 'it is written differently' : `operator '${changed}' was edited`;
}

function writeAtomically(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, text);
  renameSync(temporary, file);
}
