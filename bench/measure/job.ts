/** Programs as flinkc builds and runs them, from dist/: what users install. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConnectorCompilers } from '../../compiler/connectors.js';
import type { EmbeddedOptions, JobHandle, JobResult, LogEntry } from '../../runtime/embedded/index.js';
import type { Measurement } from './contest.js';
import { BusiestThread } from './thread-time.js';

const dist = (path: string): string => new URL(`../../dist/${path}`, import.meta.url).href;
const { compile, writeArtifact } = (await import(
  dist('compiler/compile.js')
)) as typeof import('../../compiler/compile.js');
export const { connectorCompilers } = (await import(
  dist('plugins/compilers.js')
)) as typeof import('../../plugins/compilers.js');
const { flinkcVersion } = (await import(dist('bin/version.js'))) as typeof import('../../bin/version.js');
const { runEmbedded } = (await import(
  dist('runtime/embedded/index.js')
)) as typeof import('../../runtime/embedded/index.js');

const folder = mkdtempSync(join(tmpdir(), 'flinkc-bench-'));
let artifacts = 0;

/** Compiles a program; the result is the artifact's folder. */
export async function artifactOf(
  program: URL,
  buildParams: Readonly<Record<string, string>> = {},
  connectors: ConnectorCompilers = connectorCompilers,
): Promise<string> {
  const entry = fileURLToPath(program);
  const { output, diagnostics } = await compile({
    entry,
    buildParams,
    connectors,
    flinkcVersion,
  });
  if (!output)
    throw new Error(`${entry} does not compile: ${diagnostics.map(({ message }) => message).join('; ')}`);
  const artifact = join(folder, `${artifacts++}-${basename(entry, '.ts')}`);
  writeArtifact(output.artifact, artifact);
  return artifact;
}

export interface JobOptions {
  readonly params?: Readonly<Record<string, string>>;
  readonly parallelism?: number;
  readonly configuration?: Readonly<Record<string, string>>;
  readonly onLog?: (entry: LogEntry) => void;
  /** what to compare; default: sums of the digests that sinks sent */
  readonly digest?: (result: JobResult) => unknown;
  /** looks at the time of every thread now and then */
  readonly threads?: true;
}

/** From the moment all tasks are deployed to the end of the job. */
export async function runJob(artifactDir: string, options: JobOptions = {}): Promise<Measurement> {
  let start = 0;
  let cpu = process.cpuUsage();
  const { params, parallelism = 1, configuration, onLog, digest = digestOf, threads } = options;
  let busiest: BusiestThread | null = null;
  const job = await runEmbedded({
    artifactDir,
    params,
    parallelism,
    configuration,
    onLog,
    onState: state => {
      if (state !== 'RUNNING') return;
      if (threads) busiest = new BusiestThread();
      cpu = process.cpuUsage();
      start = performance.now();
    },
  });
  const result = await job.result;
  const seconds = (performance.now() - start) / 1e3;
  const { user, system } = process.cpuUsage(cpu);
  const cpuSeconds = (user + system) / 1e6;
  const threadSeconds = (busiest as BusiestThread | null)?.stop() ?? null;
  return { seconds, cpuSeconds, threadSeconds, digest: digest(result) };
}

/** For what is measured while a job runs. */
export function startJob(options: EmbeddedOptions): Promise<JobHandle> {
  return runEmbedded(options);
}

interface Digest {
  readonly count: number;
  readonly sum: number;
}
function digestOf(result: JobResult): Digest {
  const parts = (result.collected['digest'] ?? []) as readonly Digest[];
  return parts.reduce((a, b) => ({ count: a.count + b.count, sum: a.sum + b.sum }), { count: 0, sum: 0 });
}
