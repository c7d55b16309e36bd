import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openArtifact } from '../../runtime/artifact/open-artifact.js';
import {
  helpText,
  oneArgument,
  parseCommand,
  parsePairs,
  UsageError,
  type CommandSpec,
} from '../command-line.js';
import { exitCodes } from '../exit-codes.js';
import { remoteOptions } from '../client/client-options.js';
import { runOptions, startJob } from '../job-runner.js';
import { restoreConfiguration, restoreOptions } from '../restore-options.js';
import { flinkcVersion } from '../version.js';

const options = {
  ...runOptions,
  ...restoreOptions,
  ...remoteOptions,
  minify: { type: 'boolean', help: 'minify the generated code (when given a program)' },
  'frozen-lock': { type: 'boolean', help: 'fail when flinkc.lock.json would change (when given a program)' },
  'build-param': {
    type: 'string',
    multiple: true,
    value: 'k=v',
    help: 'value of env.buildParam(k) (when given a program)',
  },
  json: { type: 'boolean', help: 'print diagnostics and the result as JSON' },
  help: { type: 'boolean', short: 'h', help: 'show this help' },
} as const;
const spec: CommandSpec<typeof options> = {
  name: 'run',
  positionals: '<program.ts | artifact>',
  summary: 'Run a program or an artifact in this process, or on a cluster, until its input ends or Ctrl-C.',
  options,
  examples: [
    'flinkc run program.ts --param input=rides.csv -p 4',
    'flinkc run job.zip -D execution.buffer-timeout=10ms',
    'flinkc run job.zip -s savepoints/savepoint-1a2b3c-4d5e6f',
    'flinkc run job.zip --target remote -m jm.example:8081 --detached',
  ],
};

export async function main(args: readonly string[]): Promise<number> {
  const { options: given, positionals } = parseCommand(spec, args);
  if (given.help) {
    process.stdout.write(helpText(spec));
    return exitCodes.ok;
  }
  const target = oneArgument('run', 'one program or artifact', 'program.ts', positionals);
  const start = starterOf(given);
  if (!/\.[mc]?[jt]sx?$/.test(target)) return start(openArtifact(target, flinkcVersion).dir);

  const folder = mkdtempSync(join(tmpdir(), 'flinkc-run-'));
  try {
    if (!(await build(target, folder, given))) return exitCodes.failed;
    return await start(openArtifact(join(folder, 'job'), flinkcVersion).dir);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Given = ReturnType<typeof parseCommand<typeof options>>['options'];

/** By `--target`, or the option `execution.target`. */
function starterOf(given: Given): (artifactDir: string) => Promise<number> {
  const target = given.target ?? parsePairs('define', given.define)['execution.target'] ?? 'local';
  // HTTP and what zips an artifact are for clusters only
  if (target === 'remote')
    return async dir => (await import('../client/run-remote.js')).runRemote(dir, given);
  if (target !== 'local')
    throw new UsageError('FC4006', { option: 'target', value: target, example: '--target remote' });
  checkLocal(given);
  const restore = restoreConfiguration(given);
  return async dir => (await startJob(dir, given, given.json, restore)).done;
}

/** Whoever names a cluster does not want the job to run here. */
function checkLocal(given: Given): void {
  const remote = (['jobmanager', 'detached', 'shutdownOnAttachedExit'] as const).find(
    name => given[name] !== undefined && given[name] !== false,
  );
  if (remote === undefined) return;
  throw new UsageError('FC4005', {
    command: `run --${remote}`,
    expected: '--target remote',
    given: 'a job in this process',
    example: 'flinkc run job.zip --target remote -m jm.example:8081',
  });
}

/** The compiler is loaded only here: an artifact starts without it. */
async function build(
  program: string,
  folder: string,
  given: Parameters<typeof import('../compile-program.js').compileProgram>[1],
): Promise<boolean> {
  const { compileProgram, printDiagnostics, diagnosticsJson } = await import('../compile-program.js');
  const { writeArtifact } = await import('../../compiler/compile.js');
  const result = await compileProgram(program, given);
  if (given.json && !result.output)
    process.stdout.write(
      `${JSON.stringify({ ok: false, diagnostics: diagnosticsJson(result.diagnostics) }, null, 2)}\n`,
    );
  else printDiagnostics(result);
  if (result.output) writeArtifact(result.output.artifact, join(folder, 'job'));
  return result.output !== null;
}
