/** Submits an artifact to a cluster and, unless detached, waits for the end of its job. */
import { openArtifact } from '../../runtime/artifact/open-artifact.js';
import { RuntimeFault } from '../../runtime/contract/fault.js';
import { zipArtifact } from '../../runtime/jobmanager/cluster/artifact-store.js';
import { configurationOf } from '../../runtime/jobmanager/configuration-of.js';
import { parsePairs } from '../command-line.js';
import { exitCodes } from '../exit-codes.js';
import { onSignals, parallelismOf, type RunFlags } from '../job-runner.js';
import { claimModeOf, type RestoreFlags } from '../restore-options.js';
import { flinkcVersion } from '../version.js';
import { clientOf } from './client-command.js';
import type { ClientFlags } from './client-options.js';
import { jobOptions } from './job-options.js';
import { serverFault, type RestClient } from './rest-client.js';

export interface RemoteFlags extends RunFlags, RestoreFlags, ClientFlags {
  readonly detached: boolean;
  readonly shutdownOnAttachedExit: boolean;
  readonly json: boolean;
}

export async function runRemote(artifactDir: string, flags: RemoteFlags): Promise<number> {
  const client = clientOf(flags);
  const id = await submit(client, artifactDir, flags);
  if (!flags.quiet && !flags.json) process.stderr.write(`Job has been submitted with JobID ${id}\n`);
  if (flags.detached) {
    if (flags.json) process.stdout.write(`${JSON.stringify({ jobId: id })}\n`);
    return exitCodes.ok;
  }
  return attach(client, id, flags);
}

async function submit(client: RestClient, artifactDir: string, flags: RemoteFlags): Promise<string> {
  const artifact = openArtifact(artifactDir, flinkcVersion);
  const params = Object.entries(parsePairs('param', flags.param));
  const entries = parsePairs('define', flags.define);
  const { filename } = (await client.upload(
    '/jars/upload',
    `${artifact.manifest.name.replaceAll(/[^\w.-]/g, '_').slice(0, 100) || 'job'}.zip`,
    zipArtifact(artifact),
  )) as { readonly filename: string };
  const uploaded = encodeURIComponent(filename.split('/').at(-1)!);
  try {
    const { jobid } = (await client.send('POST', `/jars/${uploaded}/run`, {
      programArgsList: params.map(([name, value]) => `--${name}=${value}`),
      parallelism: parallelismOf(flags.parallelism) ?? null,
      savepointPath: flags.fromSavepoint ?? null,
      allowNonRestoredState: flags.allowNonRestoredState || null,
      claimMode: claimModeOf(flags) ?? null,
      flinkConfiguration: jobOptions(entries, configurationOf(entries).highAvailability),
    })) as { readonly jobid: string };
    return jobid;
  } finally {
    // The job has its own; what nobody could list or delete by name stays nowhere.
    await client.send('DELETE', `/jars/${uploaded}`).catch(() => {});
  }
}

interface ExecutionResult {
  readonly 'application-status': 'SUCCEEDED' | 'FAILED' | 'CANCELED' | 'UNKNOWN';
  readonly 'net-runtime': number;
  readonly 'failure-cause'?: { readonly 'stack-trace': string };
}

async function attach(client: RestClient, id: string, flags: RemoteFlags): Promise<number> {
  const stop = new AbortController();
  const signalled = onSignals(stop);
  try {
    const result = await client.poll<ExecutionResult>(async () => {
      const answer = (await client.get(`/jobs/${id}/execution-result`)) as {
        readonly 'job-execution-result'?: ExecutionResult;
      };
      return answer['job-execution-result'] ?? null;
    }, stop.signal);
    const status = result['application-status'];
    const seconds = (result['net-runtime'] / 1000).toFixed(2);
    if (flags.json)
      process.stdout.write(
        `${JSON.stringify({ jobId: id, state: stateOf[status], durationMs: result['net-runtime'] })}\n`,
      );
    const cause = result['failure-cause'];
    if (cause) throw serverFault(cause['stack-trace'], 200);
    if (!flags.quiet && !flags.json) process.stderr.write(`job ${stateOf[status]} in ${seconds} s\n`);
    return status === 'SUCCEEDED' ? exitCodes.ok : exitCodes.failed;
  } catch (error) {
    if (error instanceof RuntimeFault || !stop.signal.aborted) throw error;
    if (flags.shutdownOnAttachedExit) {
      await client.send('PATCH', `/jobs/${id}?mode=cancel`);
      process.stderr.write(`Cancelled job ${id}.\n`);
    } else process.stderr.write(`Job ${id} goes on; flinkc cancel ${id} ends it.\n`);
    return signalled.code ?? exitCodes.interrupted;
  } finally {
    signalled.release();
  }
}

const stateOf = {
  SUCCEEDED: 'FINISHED',
  FAILED: 'FAILED',
  CANCELED: 'CANCELED',
  UNKNOWN: 'UNKNOWN',
} as const;
