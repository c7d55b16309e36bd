import { clientOptions, helpOption, jobIdOf, runCommand } from '../client/client-command.js';
import type { CommandSpec } from '../command-line.js';

const options = { ...clientOptions, help: helpOption } as const;
const spec: CommandSpec<typeof options> = {
  name: 'cancel',
  positionals: '<job id>',
  summary: 'Cancel a job: it ends at once, output since its last checkpoint is not committed.',
  options,
  examples: ['flinkc cancel 5e20cb6b0f357591171dfcca2eea09de'],
};

export const main = (args: readonly string[]): Promise<number> =>
  runCommand(spec, args, async (client, { positionals }) => {
    const id = jobIdOf('cancel', positionals);
    await client.send('PATCH', `/jobs/${id}?mode=cancel`);
    process.stdout.write(`Cancelled job ${id}.\n`);
  });
