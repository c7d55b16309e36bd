import { openArtifact } from '../../runtime/artifact/open-artifact.js';
import { RuntimeFault } from '../../runtime/contract/fault.js';
import { JobManager } from '../../runtime/jobmanager/cluster/job-manager.js';
import { configurationOf } from '../../runtime/jobmanager/submit-job.js';
import { programSource } from '../../runtime/artifact/program-sources.js';
import { helpText, parseCommand, parsePairs, UsageError, type CommandSpec } from '../command-line.js';
import { exitCodes } from '../exit-codes.js';
import { faultText } from '../fault-text.js';
import { onSignals, parallelismOf, plain, runOptions } from '../job-runner.js';
import { log, writeLog } from '../process-log.js';
import { flinkcVersion } from '../version.js';

const { param, define, parallelism } = runOptions;
const options = {
  application: {
    type: 'string',
    value: 'artifact',
    help: 'Application Mode: run this artifact, end with it; without it, jobs are submitted',
  },
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
  const stopped = new Promise<void>(resolve => stop.signal.addEventListener('abort', () => resolve()));
  const manager = await JobManager.start({
    cluster: configuration.cluster,
    resources: configuration.resources,
    // Later leaders have later clocks; a shared storage will count them.
    fencingToken: Date.now(),
    log,
  });
  try {
    if (!artifact) {
      await stopped;
      return signalled.code ?? exitCodes.ok;
    }
    const job = await manager.dispatcher.submit({
      artifact,
      parallelism: parallelismOf(given.parallelism),
      params: parsePairs('param', given.param),
      configuration: entries,
      signal: stop.signal,
      onLog: writeLog,
      onRecords: (_, records) =>
        void process.stdout.write(records.map(record => `${JSON.stringify(record, plain)}\n`).join('')),
    });
    const { state } = await job.result;
    return state === 'FINISHED' ? exitCodes.ok : (signalled.code ?? exitCodes.interrupted);
  } catch (error) {
    if (!(error instanceof RuntimeFault)) throw error;
    process.stderr.write(`${faultText(error, file => programSource(artifact!.dir, file))}\n`);
    return exitCodes.failed;
  } finally {
    signalled.release();
    await manager.close();
  }
}
