import { clientOptions, helpOption, jobIdOf, runCommand } from '../client/client-command.js';
import type { CommandSpec } from '../command-line.js';

const options = {
  ...clientOptions,
  savepointPath: {
    type: 'string',
    short: 'p',
    value: 'folder',
    help: 'where the savepoint goes; default: execution.checkpointing.savepoint-dir',
  },
  drain: {
    type: 'boolean',
    short: 'd',
    help: 'as if the input had ended: windows and timers fire; do not resume from it',
  },
  detached: { type: 'boolean', help: 'do not wait until the job has stopped' },
  help: helpOption,
} as const;
const spec: CommandSpec<typeof options> = {
  name: 'stop',
  positionals: '<job id>',
  summary: 'Stop a job with a savepoint: all output up to it is committed.',
  options,
  examples: ['flinkc stop -p /var/flinkc/savepoints 5e20cb6b0f357591171dfcca2eea09de'],
};

export const main = (args: readonly string[]): Promise<number> =>
  runCommand(spec, args, async (client, { options: given, positionals }) => {
    const id = jobIdOf('stop', positionals);
    const body = {
      targetDirectory: given.savepointPath ?? null,
      drain: given.drain,
      formatType: 'CANONICAL',
    };
    if (given.detached) {
      const { 'request-id': request } = (await client.send('POST', `/jobs/${id}/stop`, body)) as Record<
        string,
        string
      >;
      process.stdout.write(`Triggered stop-with-savepoint of job ${id}, request ${request}.\n`);
      return;
    }
    const { location } = await client.operation<{ readonly location: string }>(
      `/jobs/${id}/stop`,
      request => `/jobs/${id}/savepoints/${request}`,
      body,
    );
    process.stdout.write(`Savepoint completed. Path: ${location}\n`);
  });
