#!/usr/bin/env node
/** Entry point of the command line: finds the command, reports whatever it throws, sets the exit code. */
import { DiagnosticError } from '../compiler/diagnostics/diagnostic-error.js';
import { renderDiagnostic, wantsColor } from '../compiler/diagnostics/render.js';
import { RuntimeFault } from '../runtime/contract/fault.js';
import { UsageError } from './command-line.js';
import { exitCodes } from './exit-codes.js';
import { faultText } from './fault-text.js';
import { suggest } from '../runtime/core/suggest.js';
import { flinkcVersion } from './version.js';

interface Command {
  readonly summary: string;
  /** Loaded on use: `flinkc run artifact` must not pay for the compiler. */
  load(): Promise<{ main(args: readonly string[]): Promise<number> }>;
}

const commands: Readonly<Record<string, Command>> = {
  init: { summary: 'create a program that runs, with its test', load: () => import('./commands/init.js') },
  build: { summary: 'compile a program into an artifact', load: () => import('./commands/build.js') },
  run: {
    summary: 'run a program or an artifact, here or on a cluster',
    load: () => import('./commands/run.js'),
  },
  dev: { summary: 'rebuild and re-run on every save', load: () => import('./commands/dev.js') },
  explain: {
    summary: 'show the plan: tasks, exchanges, state, fields read',
    load: () => import('./commands/explain.js'),
  },
  inspect: { summary: 'show what is in an artifact', load: () => import('./commands/inspect.js') },
  jobmanager: {
    summary: 'start the JobManager of a cluster',
    load: () => import('./commands/jobmanager.js'),
  },
  taskmanager: {
    summary: 'start a TaskManager: slots for the jobs of a cluster',
    load: () => import('./commands/taskmanager.js'),
  },
  list: { summary: 'list the jobs of a cluster', load: () => import('./commands/list.js') },
  status: { summary: 'show the state of a job of a cluster', load: () => import('./commands/status.js') },
  cancel: { summary: 'cancel a job of a cluster', load: () => import('./commands/cancel.js') },
  stop: { summary: 'stop a job of a cluster with a savepoint', load: () => import('./commands/stop.js') },
  savepoint: {
    summary: 'take or delete a savepoint of a job',
    load: () => import('./commands/savepoint.js'),
  },
  checkpoint: { summary: 'take a checkpoint of a job', load: () => import('./commands/checkpoint.js') },
  rescale: {
    summary: 'change the parallelism of a job that runs',
    load: () => import('./commands/rescale.js'),
  },
  verify: {
    summary: 'check that an artifact is complete and unchanged',
    load: () => import('./commands/verify.js'),
  },
  check: {
    summary: 'say whether the state of a savepoint or artifact fits an artifact',
    load: () => import('./commands/check.js'),
  },
  state: { summary: 'look into savepoints: ls, get, diff', load: () => import('./commands/state.js') },
};

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(usage());
    return name === undefined ? exitCodes.usage : exitCodes.ok;
  }
  if (name === '--version' || name === '-v' || name === '-V') {
    process.stdout.write(`flinkc ${flinkcVersion}\n`);
    return exitCodes.ok;
  }
  const command = Object.hasOwn(commands, name) ? commands[name]! : undefined;
  if (!command) {
    const near = suggest(name, Object.keys(commands));
    throw new UsageError(
      'FC4001',
      { command: name },
      near === null ? undefined : `did you mean 'flinkc ${near}'?`,
    );
  }
  return (await command.load()).main(rest);
}

function usage(): string {
  const width = Math.max(...Object.keys(commands).map(name => name.length));
  return [
    `flinkc ${flinkcVersion}: stateful stream processing for TypeScript`,
    '',
    'Usage: flinkc <command> [options]',
    '',
    ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'flinkc <command> --help shows its options.',
    '',
  ].join('\n');
}

/** One clear error: code, reason, details, fix. A stack trace only for what flinkc did not foresee. */
function report(error: unknown): number {
  if (error instanceof DiagnosticError) {
    const color = wantsColor(process.stderr);
    process.stderr.write(`${renderDiagnostic(error.diagnostic, () => undefined, { color })}\n`);
    return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
  }
  if (error instanceof RuntimeFault) {
    process.stderr.write(`${faultText(error)}\n`);
    return exitCodes.failed;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`error: flinkc itself failed; please report this.\n${stack}\n`);
  return exitCodes.failed;
}

// `flinkc explain | head`: whoever reads has seen enough
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.ok);
    throw error;
  });

process.exitCode = await main(process.argv.slice(2)).catch(report);
