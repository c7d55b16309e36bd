import { clientOptions, helpOption, runCommand } from '../client/client-command.js';
import type { CommandSpec } from '../command-line.js';

const options = {
  ...clientOptions,
  running: { type: 'boolean', short: 'r', help: 'only jobs that run' },
  scheduled: { type: 'boolean', short: 's', help: 'only jobs that wait for their slots' },
  all: { type: 'boolean', short: 'a', help: 'also jobs that have ended' },
  json: { type: 'boolean', help: 'print them as JSON' },
  help: helpOption,
} as const;
const spec: CommandSpec<typeof options> = {
  name: 'list',
  positionals: '',
  summary: 'List the jobs of a cluster.',
  options,
  examples: ['flinkc list -a -m jm.example:8081'],
};

interface Job {
  readonly jid: string;
  readonly name: string;
  readonly state: string;
  readonly 'start-time': number;
}
const scheduled = ['CREATED', 'INITIALIZING'];
const ended = ['FINISHED', 'CANCELED', 'FAILED'];

export const main = (args: readonly string[]): Promise<number> =>
  runCommand(spec, args, async (client, { options: given }) => {
    const { jobs } = (await client.get('/jobs/overview')) as { readonly jobs: readonly Job[] };
    const both = given.running === given.scheduled;
    const waits = jobs.filter(({ state }) => scheduled.includes(state));
    const runs = jobs.filter(({ state }) => !scheduled.includes(state) && !ended.includes(state));
    const groups = [
      ...(both || given.running ? [{ title: 'Running/Restarting Jobs', jobs: runs }] : []),
      ...(both || given.scheduled ? [{ title: 'Scheduled Jobs', jobs: waits }] : []),
      ...(given.all
        ? [{ title: 'Terminated Jobs', jobs: jobs.filter(({ state }) => ended.includes(state)) }]
        : []),
    ];
    if (given.json) {
      process.stdout.write(`${JSON.stringify(groups.flatMap(group => sorted(group.jobs)))}\n`);
      return;
    }
    for (const group of groups) process.stdout.write(section(group.title, sorted(group.jobs)));
  });

const sorted = (jobs: readonly Job[]): readonly Job[] =>
  jobs.toSorted((a, b) => a.state.localeCompare(b.state) || a['start-time'] - b['start-time']);

function section(title: string, jobs: readonly Job[]): string {
  const lines = jobs.map(job => `${dateOf(job['start-time'])} : ${job.jid} : ${job.name} (${job.state})`);
  return `------------------ ${title} -------------------\n${lines.length === 0 ? 'none' : lines.join('\n')}\n`;
}

/** dd.MM.yyyy HH:mm:ss */
function dateOf(time: number): string {
  const date = new Date(time);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${two(date.getDate())}.${two(date.getMonth() + 1)}.${date.getFullYear()}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
