import { RuntimeFault } from '../../runtime/contract/fault.js';
import { isGloballyTerminal, type JobState } from '../../runtime/core/job-state.js';
import { clientOptions, helpOption, jobIdOf, runCommand } from '../client/client-command.js';
import type { RestClient } from '../client/rest-client.js';
import { UsageError, type CommandSpec } from '../command-line.js';
import { parallelismOf } from '../job-runner.js';

const options = {
  ...clientOptions,
  parallelism: {
    type: 'string',
    short: 'p',
    value: 'n',
    help: 'new parallelism of the job’s most parallel tasks; the others keep theirs',
  },
  detached: { type: 'boolean', help: 'do not wait until the job runs again' },
  help: helpOption,
} as const;
const spec: CommandSpec<typeof options> = {
  name: 'rescale',
  positionals: '<job id>',
  summary: 'Change the parallelism of a job that runs: it goes on from a checkpoint that is taken for it.',
  options,
  examples: ['flinkc rescale 5e20cb6b0f357591171dfcca2eea09de -p 4'],
};

type Requirements = Record<string, { parallelism: { lowerBound: number; upperBound: number } }>;

export const main = (args: readonly string[]): Promise<number> =>
  runCommand(spec, args, async (client, { options: given, positionals }) => {
    const id = jobIdOf('rescale', positionals);
    const wanted = parallelismOf(given.parallelism);
    if (wanted === undefined)
      throw new UsageError('FC4005', {
        command: 'rescale',
        expected: '--parallelism',
        given: 'none',
        example: `flinkc rescale ${id} --parallelism 4`,
      });
    const path = `/jobs/${id}/resource-requirements`;
    const current = (await client.get(path)) as Requirements;
    const widest = Math.max(...Object.values(current).map(({ parallelism }) => parallelism.upperBound));
    if (widest === wanted) {
      process.stdout.write(`Job ${id} has parallelism ${wanted} already.\n`);
      return;
    }
    const changed = Object.fromEntries(
      Object.entries(current).map(([vertex, bounds]) => [
        vertex,
        bounds.parallelism.upperBound === widest
          ? { parallelism: { lowerBound: 1, upperBound: wanted } }
          : bounds,
      ]),
    );
    await client.send('PUT', path, changed);
    const state = given.detached ? null : await runningAgain(client, id);
    process.stdout.write(`Job ${id} has parallelism ${wanted}${state === null ? '' : ` and is ${state}`}.\n`);
  });

/** A job that was rescaled is deployed anew: only when it runs can it be asked for the next thing. */
async function runningAgain(client: RestClient, id: string): Promise<JobState> {
  const state = await client.poll(async () => {
    const { status } = (await client.get(`/jobs/${id}/status`)) as { readonly status: JobState };
    return status === 'RUNNING' || isGloballyTerminal(status) ? status : null;
  });
  if (state === 'RUNNING' || state === 'FINISHED') return state;
  throw new RuntimeFault('FC5620', {
    message: `the job was rescaled, and is ${state} before it ran again`,
    domain: 'external',
    fix: `flinkc status ${id} shows why; a job that failed starts again from its last retained checkpoint with -s`,
  });
}
