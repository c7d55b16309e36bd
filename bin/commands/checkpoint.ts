import { clientOptions, helpOption, jobIdOf, runCommand } from '../client/client-command.js';
import type { CommandSpec } from '../command-line.js';

const options = { ...clientOptions, help: helpOption } as const;
const spec: CommandSpec<typeof options> = {
  name: 'checkpoint',
  positionals: '<job id>',
  summary: 'Take a checkpoint of a job beside the periodic ones.',
  options,
  examples: ['flinkc checkpoint 5e20cb6b0f357591171dfcca2eea09de'],
};

export const main = (args: readonly string[]): Promise<number> =>
  runCommand(spec, args, async (client, { positionals }) => {
    const id = jobIdOf('checkpoint', positionals);
    const { checkpointId } = await client.operation<{ readonly checkpointId: number }>(
      `/jobs/${id}/checkpoints`,
      request => `/jobs/${id}/checkpoints/${request}`,
      { checkpointType: 'CONFIGURED' },
    );
    process.stdout.write(`Checkpoint ${checkpointId} completed.\n`);
  });
