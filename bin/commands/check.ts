import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openFileSystem } from '../../plugins/file-systems.js';
import { readArtifact, type OpenedArtifact } from '../../runtime/artifact/open-artifact.js';
import { configurationOf } from '../../runtime/jobmanager/configuration-of.js';
import { RuntimeFault } from '../../runtime/contract/fault.js';
import type { PlanManifest } from '../../runtime/contract/manifest.js';
import {
  compareStates,
  type OperatorState,
  type StateVerdict,
} from '../../runtime/state/evolution/compare-states.js';
import { Savepoint, splits } from '../../runtime/state/inspect/savepoint.js';
import { helpText, oneArgument, parseCommand, UsageError, type CommandSpec } from '../command-line.js';
import { exitCodes } from '../exit-codes.js';
import { faultText } from '../fault-text.js';
import { tableText } from '../table.js';
import { flinkcVersion } from '../version.js';

const options = {
  against: { type: 'string', value: 'artifact | savepoint', help: 'what the state comes from' },
  'allow-non-restored-state': {
    type: 'boolean',
    short: 'n',
    help: 'state of operators that are gone may be dropped',
  },
  json: { type: 'boolean', help: 'print the verdicts as JSON' },
  help: { type: 'boolean', short: 'h', help: 'show this help' },
} as const;
const spec: CommandSpec<typeof options> = {
  name: 'check',
  positionals: '<artifact>',
  summary:
    'Say what becomes of every state when the artifact takes over. Exit code 0: it fits; 1: it does not; 2: it could not be checked.',
  options,
  examples: [
    'flinkc check job --against deployed-job.zip',
    'flinkc check job --against savepoints/savepoint-1a2b3c-d4e5f6',
  ],
};

export async function main(args: readonly string[]): Promise<number> {
  const { options: given, positionals } = parseCommand(spec, args);
  if (given.help) {
    process.stdout.write(helpText(spec));
    return exitCodes.ok;
  }
  const artifact = oneArgument('check', 'one artifact', 'job --against deployed-job', positionals);
  if (given.against === undefined)
    throw new UsageError('FC4003', { option: 'against', value: 'artifact | savepoint' });
  try {
    const after = operatorsOf(readArtifact(artifact, flinkcVersion));
    const verdicts = compareStates(await stateOf(given.against, after), after);
    const fits = !verdicts.some(
      v => v.verdict === 'breaking' || (isRefused(v) && !given['allow-non-restored-state']),
    );
    process.stdout.write(
      given.json
        ? `${JSON.stringify({ artifact, against: given.against, fits, states: verdicts }, null, 2)}\n`
        : describe(verdicts, fits, given['allow-non-restored-state']),
    );
    return fits ? exitCodes.ok : exitCodes.failed;
  } catch (error) {
    // Exit code 1 says that state does not fit, which is not known here.
    if (!(error instanceof RuntimeFault)) throw error;
    process.stderr.write(`${faultText(error)}\n`);
    return exitCodes.usage;
  }
}

function isRefused(verdict: StateVerdict): boolean {
  return verdict.verdict === 'dropped' && verdict.refused;
}

async function stateOf(path: string, after: readonly OperatorState[]): Promise<readonly OperatorState[]> {
  if (path.endsWith('.zip') || existsSync(join(path, 'manifest.json')))
    return operatorsOf(readArtifact(path, flinkcVersion));
  const fileSystem = await openFileSystem(path, {});
  try {
    const savepoint = await Savepoint.open(path, fileSystem);
    const names = new Map(after.map(operator => [operator.uidHash, operator.uid]));
    // Older savepoints know sources and sinks by their hash only.
    return (await savepoint.operators()).map(operator =>
      operator.uid === operator.uidHash
        ? { ...operator, uid: names.get(operator.uidHash) ?? operator.uid }
        : operator,
    );
  } finally {
    await fileSystem.close();
  }
}

function operatorsOf({ state, plan }: OpenedArtifact): readonly OperatorState[] {
  const keyGroups = maxParallelisms(plan);
  return state.operators.map(({ uid, uidHash, formerly, kind, sections }) => ({
    uid,
    uidHash,
    ...(formerly && { formerly }),
    sections,
    other: kind === 'source' ? [splits] : [],
    maxParallelism: keyGroups.get(uidHash) ?? null,
  }));
}

/** By uidHash, where the program says it; where it does not, a restored job takes what the snapshot has. */
function maxParallelisms(plan: PlanManifest): ReadonlyMap<string, number> {
  const ofJob = plan.maxParallelism ?? configurationOf(plan.configuration).maxParallelism ?? -1;
  return new Map(
    plan.tasks.flatMap(({ maxParallelism, operators }) => {
      const own = maxParallelism ?? ofJob;
      return own > 0 ? operators.map(({ uidHash }) => [uidHash, own] as const) : [];
    }),
  );
}

function describe(verdicts: readonly StateVerdict[], fits: boolean, allowed: boolean): string {
  if (verdicts.length === 0) return 'Neither has any state.\n';
  const rows = verdicts.map(v => [v.uid, v.state, word(v), details(v, allowed)]);
  const counts = new Map<string, number>();
  for (const v of verdicts) counts.set(word(v), (counts.get(word(v)) ?? 0) + 1);
  const summary = Array.from(counts, ([verdict, n]) => `${n} ${verdict}`).join(', ');
  const table = tableText(['OPERATOR', 'STATE', 'VERDICT', ''], rows);
  return `${table}\n${fits ? 'The state fits' : 'The state does not fit'}: ${summary}.\n`;
}

function word(verdict: StateVerdict): string {
  return verdict.verdict === 'migration' ? 'compatible after migration' : verdict.verdict;
}
function details(v: StateVerdict, allowed: boolean): string {
  const was = v.formerly === undefined ? [] : [`was ${v.formerly}`];
  switch (v.verdict) {
    case 'migration':
      return [...was, ...v.changes].join('\n');
    case 'breaking':
      return [...was, v.reason, `fix: ${v.fix}`].join('\n');
    case 'dropped':
      if (!v.refused) return 'the operator does not open it any more; snapshots keep it';
      return allowed
        ? 'the operator is gone, and its state with it'
        : 'the operator is gone\nfix: give an operator its uid, or allow it with --allow-non-restored-state';
    default:
      return was.join('');
  }
}
