/** Runs an artifact in this process for `run` and `dev`: parameters, signals, progress, records, the exit code. */
import { runEmbedded, type JobHandle, type JobProgress, type JobResult } from '../runtime/embedded/index.js';
import { programSource } from '../runtime/artifact/program-sources.js';
import { RuntimeFault } from '../runtime/contract/fault.js';
import { exitCodes } from './exit-codes.js';
import { faultText } from './fault-text.js';
import { count, ProgressDisplay } from './progress.js';
import { parsePairs, UsageError } from './command-line.js';

export const runOptions = {
  param: { type: 'string', multiple: true, value: 'k=v', help: 'value of env.param(k)' },
  define: {
    type: 'string',
    short: 'D',
    multiple: true,
    value: 'option=value',
    help: 'configuration option, by its Flink name',
  },
  parallelism: {
    type: 'string',
    short: 'p',
    value: 'n',
    help: 'number of slots (threads); default: the program’s, else 1',
  },
  quiet: { type: 'boolean', short: 'q', help: 'no progress and no summary' },
} as const;

export interface RunFlags {
  readonly param: readonly string[];
  readonly define: readonly string[];
  readonly parallelism: string | undefined;
  readonly quiet: boolean;
}

export interface RunningJob {
  readonly handle: JobHandle;
  /** Exit code; a failure has been reported by then. */
  readonly done: Promise<number>;
}

/** `configuration` wins over the options of the flags. */
export async function startJob(
  artifactDir: string,
  flags: RunFlags,
  json: boolean,
  configuration: Readonly<Record<string, string>> = {},
): Promise<RunningJob> {
  const stop = new AbortController();
  const interactive = process.stderr.isTTY === true && !flags.quiet && !json;
  const display = interactive ? new ProgressDisplay(process.stderr) : null;
  const signalled = onSignals(stop);
  const handle = await runEmbedded({
    artifactDir,
    parallelism: parallelismOf(flags.parallelism),
    params: parsePairs('param', flags.param),
    configuration: { ...parsePairs('define', flags.define), ...configuration },
    signal: stop.signal,
    onRecords: (_, records) => {
      display?.clear();
      process.stdout.write(records.map(record => `${JSON.stringify(record, plain)}\n`).join(''));
    },
    onLog: entry => {
      if (entry.level !== 'warn' || flags.quiet) return;
      display?.clear();
      process.stderr.write(`warning: ${entry.message}\n`);
    },
    ...(display ? { onProgress: (progress: JobProgress) => display.show(progress) } : {}),
  }).catch((error: unknown) => {
    signalled.release();
    throw error;
  });
  const done = (async (): Promise<number> => {
    try {
      const result = await handle.result;
      display?.clear();
      if (json)
        process.stdout.write(
          `${JSON.stringify({ ...result, collected: undefined, metrics: totals(result) })}\n`,
        );
      else if (!flags.quiet) process.stderr.write(summary(result));
      return result.state === 'FINISHED' ? exitCodes.ok : (signalled.code ?? exitCodes.interrupted);
    } catch (error) {
      if (!(error instanceof RuntimeFault)) throw error;
      display?.clear();
      reportFault(error, artifactDir, handle, json);
      return exitCodes.failed;
    } finally {
      display?.clear();
      signalled.release();
    }
  })();
  return { handle, done };
}

/** The failure for people on standard error, and with --json for programs on standard output. */
function reportFault(fault: RuntimeFault, artifactDir: string, { jobId }: JobHandle, json: boolean): void {
  process.stderr.write(`${faultText(fault, file => programSource(artifactDir, file))}\n`);
  const { code, message, fix, facts } = fault;
  if (json)
    process.stdout.write(
      `${JSON.stringify({ jobId, state: 'FAILED', error: { code, message, fix, details: facts } })}\n`,
    );
}

export function parallelismOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,4}$/.test(text))
    throw new UsageError('FC4006', { option: 'parallelism', value: text, example: '--parallelism 4' });
  return Number(text);
}

/** The first signal stops the job cleanly, the second one at once. */
export function onSignals(stop: AbortController): { code: number | null; release(): void } {
  const state = {
    code: null as number | null,
    release: () => {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', terminate);
    },
  };
  const handle = (code: number): void => {
    if (stop.signal.aborted) process.exit(code);
    state.code = code;
    stop.abort();
  };
  const interrupt = (): void => handle(exitCodes.interrupted);
  const terminate = (): void => handle(exitCodes.terminated);
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', terminate);
  return state;
}

/** Records of collect sinks on standard output: bigints as digits, Maps and Sets as what they hold. */
export function plain(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Map) return [...(value as Map<unknown, unknown>)];
  if (value instanceof Set) return [...(value as Set<unknown>)];
  return value;
}

interface TaskTotal {
  readonly task: number;
  readonly numRecordsIn: number;
  readonly numRecordsOut: number;
  readonly numLateRecordsDropped: number;
}
function totals(result: JobResult): readonly TaskTotal[] {
  const byTask = new Map<number, TaskTotal>();
  for (const { task, values } of result.metrics) {
    const before = byTask.get(task) ?? { task, numRecordsIn: 0, numRecordsOut: 0, numLateRecordsDropped: 0 };
    const add = (name: keyof Omit<TaskTotal, 'task'>): number => before[name] + Number(values[name] ?? 0);
    byTask.set(task, {
      task,
      numRecordsIn: add('numRecordsIn'),
      numRecordsOut: add('numRecordsOut'),
      numLateRecordsDropped: add('numLateRecordsDropped'),
    });
  }
  return [...byTask.values()].sort((a, b) => a.task - b.task);
}

function summary(result: JobResult): string {
  const seconds = result.durationMs / 1000;
  const { recordsRead: read } = result;
  const late = totals(result).reduce((sum, task) => sum + task.numLateRecordsDropped, 0);
  const rate = seconds > 0 ? `, ${count(Math.round(read / seconds))} records/s` : '';
  return `job ${result.state} in ${seconds.toFixed(2)} s: ${count(read)} records read${rate}${late > 0 ? `, ${count(late)} late records dropped` : ''}\n`;
}
