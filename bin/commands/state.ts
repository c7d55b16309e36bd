import { openFileSystem } from '../../plugins/file-systems.js';
import { RuntimeFault } from '../../runtime/contract/fault.js';
import { suggest } from '../../runtime/core/suggest.js';
import { diffSavepoints, type DiffFilter, type Difference } from '../../runtime/state/inspect/diff.js';
import { metadataRows } from '../../runtime/state/inspect/metadata-rows.js';
import { readRows, type StateRow } from '../../runtime/state/inspect/read-entries.js';
import { Savepoint, sectionOf } from '../../runtime/state/inspect/savepoint.js';
import { plainValue, valueText } from '../../runtime/state/inspect/show-value.js';
import { helpText, parseCommand, UsageError, type CommandSpec } from '../command-line.js';
import { exitCodes } from '../exit-codes.js';
import { printable } from '../printable.js';
import { writeLines } from '../write-lines.js';
import { tableText } from '../table.js';

const options = {
  operator: { type: 'string', value: 'uid', help: 'of this operator only' },
  state: { type: 'string', value: 'name', help: 'this state only' },
  key: { type: 'string', value: 'json', help: `of this key only: 7, '"berlin"', '{"user":3}'` },
  limit: { type: 'string', value: 'n', help: 'print n values at most' },
  json: { type: 'boolean', help: 'print JSON, one object a line' },
  help: { type: 'boolean', short: 'h', help: 'show this help' },
} as const;
const spec: CommandSpec<typeof options> = {
  name: 'state',
  positionals: 'ls <savepoint> | get <savepoint> | diff <savepoint> <savepoint>',
  summary: 'What a savepoint holds: its states, their values, or what two of them differ in.',
  options,
  examples: [
    'flinkc state ls savepoints/savepoint-1a2b3c-d4e5f6',
    `flinkc state get savepoints/savepoint-1a2b3c-d4e5f6 --operator totals --key '"berlin"'`,
    'flinkc state diff savepoints/before savepoints/after --json',
  ],
};

interface Selection {
  readonly operator: string | undefined;
  readonly state: string | undefined;
  readonly key: string | undefined;
  readonly limit: number;
  readonly json: boolean;
}

/** How many savepoints each wants. */
const actions: Readonly<Record<string, number>> = { ls: 1, get: 1, diff: 2 };

export async function main(args: readonly string[]): Promise<number> {
  const { options: given, positionals } = parseCommand(spec, args);
  if (given.help) {
    process.stdout.write(helpText(spec));
    return exitCodes.ok;
  }
  const [action = '', ...paths] = positionals;
  if (!Object.hasOwn(actions, action) || paths.length !== actions[action]) {
    throw new UsageError('FC4005', {
      command: 'state',
      expected: 'ls or get and one savepoint, or diff and two',
      given: positionals.length === 0 ? 'nothing' : `'${positionals.join(' ')}'`,
      example: spec.examples[0]!,
    });
  }
  const selection: Selection = {
    operator: given.operator,
    state: given.state,
    key: given.key === undefined ? undefined : keyText(given.key),
    limit: limitOf(given.limit),
    json: given.json,
  };
  const fileSystem = await openFileSystem(paths[0]!, {});
  try {
    const savepoints = await Promise.all(paths.map(path => Savepoint.open(path, fileSystem)));
    if (selection.operator !== undefined) checkOperator(savepoints, selection.operator);
    if (selection.state !== undefined) await checkState(savepoints, selection.state, selection.operator);
    const lines =
      action === 'ls'
        ? listStates(savepoints[0]!, selection)
        : action === 'get'
          ? getRows(savepoints[0]!, selection)
          : differences(savepoints[0]!, savepoints[1]!, selection);
    await writeLines(process.stdout, lines);
    return exitCodes.ok;
  } finally {
    await fileSystem.close();
  }
}

/** In one of two that are compared it may be new, or gone. */
function checkOperator(savepoints: readonly Savepoint[], uid: string): void {
  if (savepoints.some(savepoint => savepoint.hasOperator(uid))) return;
  const [{ path, uids }] = savepoints as [Savepoint];
  throw notThere(path, 'operator', uid, uids);
}
async function checkState(savepoints: readonly Savepoint[], name: string, uid?: string): Promise<void> {
  const known = new Set<string>();
  for (const savepoint of savepoints) {
    for await (const { reader } of savepoint.files(uid))
      for (const section of reader.sections) known.add(section.name);
    for (const { state } of metadataRows(savepoint.metadata, { uid })) known.add(state);
  }
  if (known.has(name)) return;
  const of = uid === undefined ? '' : ` of operator '${uid}'`;
  throw notThere(savepoints[0]!.path, 'state', name, [...known].sort(), of);
}
function notThere(path: string, what: string, name: string, known: readonly string[], of = ''): RuntimeFault {
  const near = suggest(name, known);
  return new RuntimeFault('FC5144', {
    message: `'${path}' has no ${what} '${name}'${of}`,
    domain: 'user',
    fix: near === null ? `its ${what}s are ${known.join(', ') || 'none'}` : `did you mean '${near}'?`,
  });
}

/** Keys are compared as text; JSON may be written in several ways. */
function keyText(json: string): string {
  try {
    return valueText(JSON.parse(json));
  } catch {
    throw new UsageError('FC4006', { option: 'key', value: json, example: `--key 7, --key '"berlin"'` });
  }
}
function limitOf(text: string | undefined): number {
  if (text === undefined) return Infinity;
  if (/^\d+$/.test(text)) return Number(text);
  throw new UsageError('FC4006', { option: 'limit', value: text, example: '--limit 100' });
}

interface Listed {
  readonly operator: string;
  readonly state: string;
  readonly kind: string;
  readonly key: string;
  readonly value: string;
  bytes: number;
}

async function* listStates(savepoint: Savepoint, wanted: Selection): AsyncIterable<string> {
  const found = new Map<string, Listed>();
  for await (const { uid, reader } of savepoint.files(wanted.operator)) {
    for (const [i, header] of reader.sections.entries()) {
      const { name, kind, schema } = sectionOf(header);
      if (wanted.state !== undefined && name !== wanted.state) continue;
      const id = `${uid}/${name}`;
      const value = schema.mapKey === null ? schema.value : `${schema.mapKey} → ${schema.value}`;
      const listed = found.get(id) ?? {
        operator: uid,
        state: name,
        kind: schema.layout === '' ? kind : `${kind}, ${schema.layout}`,
        key: [schema.key, schema.namespace].filter(text => text !== null).join(' @ '),
        value,
        bytes: 0,
      };
      listed.bytes += reader.bytesOf(i);
      found.set(id, listed);
    }
  }
  for (const row of metadataRows(savepoint.metadata, filterOf(wanted))) {
    const { uid, state, value } = row;
    const id = `${uid}/${state}`;
    const listed = found.get(id) ?? {
      operator: uid,
      state,
      kind: 'outside',
      key: '',
      value: 'json',
      bytes: 0,
    };
    listed.bytes += JSON.stringify(value).length;
    found.set(id, listed);
  }
  if (wanted.json) {
    for (const listed of found.values()) yield JSON.stringify(listed);
    return;
  }
  const { jobName, jobId, checkpointId, type, timestamp } = savepoint.metadata;
  yield `${type} ${checkpointId} of '${printable(jobName)}' (${jobId}), ${new Date(timestamp).toISOString()}`;
  const rows = Array.from(found.values(), l => [
    l.operator,
    l.state,
    l.kind,
    l.key,
    l.value,
    String(l.bytes),
  ]);
  yield tableText(['OPERATOR', 'STATE', 'KIND', 'KEY', 'VALUE', 'BYTES'], rows).trimEnd();
}

async function* getRows(savepoint: Savepoint, wanted: Selection): AsyncIterable<string> {
  let left = wanted.limit;
  let heading = '';
  for await (const row of allRows(savepoint, wanted)) {
    if (left-- <= 0) return;
    if (wanted.json) {
      yield JSON.stringify(rowObject(row));
      continue;
    }
    const next = `${row.uid}  ${row.state}  (${row.kind})`;
    if (next !== heading) yield printable(heading === '' ? next : `\n${next}`);
    heading = next;
    yield `  ${rowText(row)}`;
  }
}

async function* allRows(savepoint: Savepoint, wanted: Selection): AsyncIterable<StateRow> {
  for await (const file of savepoint.files(wanted.operator)) yield* readRows(file, wanted);
  if (wanted.key === undefined) yield* metadataRows(savepoint.metadata, filterOf(wanted));
}
const filterOf = ({ operator, state, key }: Selection): DiffFilter => ({ uid: operator, state, key });

async function* differences(first: Savepoint, second: Savepoint, wanted: Selection): AsyncIterable<string> {
  let left = wanted.limit;
  for await (const difference of diffSavepoints(first, second, filterOf(wanted))) {
    if (left-- <= 0) return;
    yield wanted.json ? JSON.stringify(differenceObject(difference)) : differenceText(difference);
  }
}
function differenceObject({ change, row, before }: Difference): object {
  return { change, ...rowObject(row), ...(change === 'changed' && { before: plainValue(before) }) };
}
function differenceText({ uid, state, change, row, before }: Difference): string {
  const sign = change === 'added' ? '+' : change === 'removed' ? '-' : '~';
  const was = change === 'changed' ? `  (was ${printable(valueText(before))})` : '';
  return `${sign} ${printable(uid)}  ${printable(state)}  ${rowText(row)}${was}`;
}

function rowObject(row: StateRow): object {
  const { uid, state, kind, subtask, keyGroup, key, namespace, mapKey, index, value, time } = row;
  return {
    operator: uid,
    state,
    kind,
    subtask,
    ...(keyGroup >= 0 && { keyGroup, key: plainValue(key) }),
    ...(namespace !== undefined && { namespace: plainValue(namespace) }),
    ...(mapKey !== undefined && { mapKey: plainValue(mapKey) }),
    ...(index !== undefined && { index }),
    value: plainValue(value),
    ...(time !== undefined && { time }),
  };
}
function rowText({ kind, keyGroup, key, namespace, mapKey, index, value, time }: StateRow): string {
  const at = [
    ...(keyGroup >= 0 ? [valueText(key)] : []),
    ...(namespace === undefined || namespace === null ? [] : [`@ ${namespaceText(namespace)}`]),
    ...(mapKey === undefined ? [] : [`[${valueText(mapKey)}]`]),
    ...(index === undefined ? [] : [`[${index}]`]),
  ].join(' ');
  const text = kind === 'timer' ? `fires ${timeText(value)}` : valueText(value);
  const used = time === undefined ? '' : `  (last used ${timeText(time)})`;
  return printable(`${at}${at === '' ? '' : '  '}${text}${used}`);
}
/** Windows are pairs of times. */
function namespaceText(namespace: unknown): string {
  if (!Array.isArray(namespace)) return valueText(namespace);
  return `[${namespace.map(timeText).join(', ')})`;
}
function timeText(time: unknown): string {
  const date = new Date(time as number);
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString();
}
