import { isGloballyTerminal, type JobState } from '../../runtime/core/job-state.js';
import { clientOptions, helpOption, jobIdOf, runCommand } from '../client/client-command.js';
import type { CommandSpec } from '../command-line.js';

const options = {
  ...clientOptions,
  json: { type: 'boolean', help: 'print all that is known as JSON' },
  help: helpOption,
} as const;
const spec: CommandSpec<typeof options> = {
  name: 'status',
  positionals: '<job id>',
  summary: 'Show the state of a job, its tasks, and its last failure.',
  options,
  examples: ['flinkc status 5e20cb6b0f357591171dfcca2eea09de'],
};

interface Detail {
  readonly jid: string;
  readonly name: string;
  readonly state: JobState;
  readonly duration: number;
  readonly vertices: readonly {
    readonly name: string;
    readonly status: string;
    readonly parallelism: number;
    readonly metrics: Readonly<Record<string, number>>;
  }[];
}

export const main = (args: readonly string[]): Promise<number> =>
  runCommand(spec, args, async (client, { options: given, positionals }) => {
    const id = jobIdOf('status', positionals);
    const job = (await client.get(`/jobs/${id}`)) as Detail;
    const exceptions = (await client.get(`/jobs/${id}/exceptions?maxExceptions=1`)) as {
      readonly exceptionHistory: { readonly entries: readonly { readonly stacktrace: string }[] };
    };
    if (given.json) {
      process.stdout.write(`${JSON.stringify({ ...job, ...exceptions })}\n`);
      return;
    }
    const [last] = exceptions.exceptionHistory.entries;
    const seconds = `${(job.duration / 1000).toFixed(1)} s`;
    const rows = job.vertices.map(
      ({ name, status, parallelism, metrics }) =>
        `  ${status.padEnd(10)} ${String(parallelism).padStart(4)} × ${name}: ${metrics['read-records']} records in, ${metrics['write-records']} out`,
    );
    process.stdout.write(
      [
        `${job.name} (${job.jid})`,
        isGloballyTerminal(job.state)
          ? `${job.state} after ${seconds}`
          : `${job.state}, submitted ${seconds} ago`,
        ...rows,
        ...(last ? [`last failure: ${last.stacktrace.split('\n')[0]}`] : []),
        '',
      ].join('\n'),
    );
  });
