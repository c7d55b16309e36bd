import { openArtifact } from '../../runtime/artifact/open-artifact.js';
import { RuntimeFault } from '../../runtime/contract/fault.js';
import { JobManager } from '../../runtime/jobmanager/cluster/job-manager.js';
import { configurationOf } from '../../runtime/jobmanager/configuration-of.js';
import { programSource } from '../../runtime/artifact/program-sources.js';
import { helpText, parseCommand, parsePairs, UsageError, type CommandSpec } from '../command-line.js';
import { exitCodes } from '../exit-codes.js';
import { faultText } from '../fault-text.js';
import { onSignals, parallelismOf, plain, runOptions } from '../job-runner.js';
import { log, writeLog } from '../process-log.js';
import { restoreConfiguration, restoreOptions } from '../restore-options.js';
import { flinkcVersion } from '../version.js';

const { param, define, parallelism } = runOptions;
const options = {
  application: {
    type: 'string',
    value: 'artifact',
    help: 'Application Mode: run this artifact, end with it; without it, jobs are submitted',
  },
  ...restoreOptions,
  param,
  define,
  parallelism,
  help: { type: 'boolean', short: 'h', help: 'show this help' },
} as const;
const spec: CommandSpec<typeof options> = {
  name: 'jobmanager',
  positionals: '',
  summary: 'Start the JobManager of a cluster. It logs JSON lines on standard error.',
  options,
  examples: [
    'flinkc jobmanager --application job.zip -D jobmanager.rpc.address=jm.example',
    'flinkc jobmanager -D jobmanager.rpc.port=6123 -D security.internal.secret-file=/etc/flinkc/secret',
  ],
};

export async function main(args: readonly string[]): Promise<number> {
  const { options: given, positionals } = parseCommand(spec, args);
  if (given.help) {
    process.stdout.write(helpText(spec));
    return exitCodes.ok;
  }
  if (positionals.length > 0)
    throw new UsageError('FC4005', {
      command: 'jobmanager',
      expected: 'options only',
      given: positionals.join(' '),
      example: 'flinkc jobmanager --application job.zip',
    });
  const entries = parsePairs('define', given.define);
  const configuration = configurationOf(entries);
  const artifact = given.application === undefined ? null : openArtifact(given.application, flinkcVersion);
  const stop = new AbortController();
  const signalled = onSignals(stop);
  const stopped = new Promise<null>(resolve => stop.signal.addEventListener('abort', () => resolve(null)));
  const manager = await JobManager.start({
    configuration,
    entries,
    engineVersion: flinkcVersion,
    application: artifact && {
      artifact,
      parallelism: parallelismOf(given.parallelism),
      params: parsePairs('param', given.param),
      configuration: { ...applicationOptions(entries), ...restoreConfiguration(given) },
    },
    onLog: writeLog,
    onRecords: (_, records) =>
      void process.stdout.write(records.map(record => `${JSON.stringify(record, plain)}\n`).join('')),
    log,
  }).catch((error: unknown) => {
    signalled.release();
    throw error;
  });
  try {
    const end = await Promise.race([manager.ended, stopped]);
    return end === null ? (signalled.code ?? exitCodes.ok) : exitCodes.ok;
  } catch (error) {
    if (!(error instanceof RuntimeFault)) throw error;
    process.stderr.write(
      `${faultText(error, file => (artifact ? programSource(artifact.dir, file) : undefined))}\n`,
    );
    return exitCodes.failed;
  } finally {
    await manager.close();
    signalled.release();
  }
}

/** What the process itself is told is not the job's: it would be recorded with the job. */
function applicationOptions(entries: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const ofJob = /^(execution|pipeline|parallelism|restart-strategy|state|task|sink|table)\b/;
  return Object.fromEntries(Object.entries(entries).filter(([key]) => ofJob.test(key)));
}
