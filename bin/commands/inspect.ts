import { readArtifact, type OpenedArtifact } from '../../runtime/artifact/open-artifact.js';
import { helpText, oneArgument, parseCommand, type CommandSpec } from '../command-line.js';
import { exitCodes } from '../exit-codes.js';
import { flinkcVersion } from '../version.js';

const options = {
  json: { type: 'boolean', help: 'print manifest, plan and state as JSON' },
  help: { type: 'boolean', short: 'h', help: 'show this help' },
} as const;
const spec: CommandSpec<typeof options> = {
  name: 'inspect',
  positionals: '<artifact>',
  summary: 'Show what an artifact holds: parameters, tasks, exchanges and state.',
  options,
  examples: ['flinkc inspect job', 'flinkc inspect job.zip --json'],
};

export async function main(args: readonly string[]): Promise<number> {
  const { options: given, positionals } = parseCommand(spec, args);
  if (given.help) {
    process.stdout.write(helpText(spec));
    return exitCodes.ok;
  }
  const path = oneArgument('inspect', 'one artifact', 'job', positionals);
  const artifact = readArtifact(path, flinkcVersion);
  const { id, manifest, plan, state } = artifact;
  process.stdout.write(
    given.json ? `${JSON.stringify({ id, manifest, plan, state }, null, 2)}\n` : describe(artifact),
  );
  return exitCodes.ok;
}

function describe({ id, manifest, plan, state }: OpenedArtifact): string {
  const lines = [
    `${plan.jobName}`,
    `  id          ${id}`,
    `  built by    flinkc ${manifest.flinkc}, format ${manifest.format}, runs on flinkc ${manifest.engines.flinkc}, contract ${manifest.engines.contract ?? 'unknown'}`,
    `  mode        ${plan.runtimeMode}, parallelism ${plan.parallelism ?? 'chosen at run time'}`,
    '',
    'Parameters',
    ...(manifest.parameters.length === 0
      ? ['  none']
      : manifest.parameters.map(
          p =>
            `  ${p.name}  ${p.kind === 'secret' ? 'secret' : p.type}${p.default === null ? ', required' : `, default ${JSON.stringify(p.default)}`}`,
        )),
    '',
    'Environment variables read while it was built',
    ...(manifest.environment.length === 0 ? ['  none'] : manifest.environment.map(name => `  ${name}`)),
    '',
    'Tasks',
  ];
  for (const task of plan.tasks) {
    lines.push(`  ${task.id}  ${task.name}`);
    for (const operator of task.operators)
      lines.push(`     ${operator.kind.padEnd(16)} ${operator.uid}  (${operator.origin})`);
  }
  lines.push('', 'Exchanges');
  if (plan.exchanges.length === 0) lines.push('  none');
  for (const exchange of plan.exchanges)
    lines.push(
      `  ${exchange.from} → ${exchange.to}  ${exchange.partition}  [${exchange.columns.join(', ')}]`,
    );
  lines.push('', 'State');
  const stateful = state.operators.filter(operator => operator.states.length > 0);
  if (stateful.length === 0) lines.push('  none');
  for (const operator of stateful)
    for (const s of operator.states) lines.push(`  ${operator.uid}  ${s.name}  ${s.kind}`);
  return `${lines.join('\n')}\n`;
}
