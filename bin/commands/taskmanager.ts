import { configurationOf } from '../../runtime/jobmanager/configuration-of.js';
import { TaskManager } from '../../runtime/taskmanager/cluster/task-manager.js';
import { helpText, parseCommand, parsePairs, UsageError, type CommandSpec } from '../command-line.js';
import { exitCodes } from '../exit-codes.js';
import { onSignals, runOptions } from '../job-runner.js';
import { log } from '../process-log.js';
import { flinkcVersion } from '../version.js';

const options = {
  define: runOptions.define,
  help: { type: 'boolean', short: 'h', help: 'show this help' },
} as const;
const spec: CommandSpec<typeof options> = {
  name: 'taskmanager',
  positionals: '',
  summary: 'Start a TaskManager. It registers at the JobManager and logs JSON lines on standard error.',
  options,
  examples: ['flinkc taskmanager -D jobmanager.rpc.address=jm.example -D taskmanager.numberOfTaskSlots=4'],
};

export async function main(args: readonly string[]): Promise<number> {
  const { options: given, positionals } = parseCommand(spec, args);
  if (given.help) {
    process.stdout.write(helpText(spec));
    return exitCodes.ok;
  }
  if (positionals.length > 0)
    throw new UsageError('FC4005', {
      command: 'taskmanager',
      expected: 'options only',
      given: positionals.join(' '),
      example: 'flinkc taskmanager -D jobmanager.rpc.address=jm.example',
    });
  const stop = new AbortController();
  const signalled = onSignals(stop);
  const entries = parsePairs('define', given.define);
  const manager = await TaskManager.start({
    configuration: configurationOf(entries),
    entries,
    engineVersion: flinkcVersion,
    log,
  });
  stop.signal.addEventListener('abort', () => void manager.close(), { once: true });
  try {
    await manager.ended;
    return signalled.code ?? exitCodes.ok;
  } finally {
    signalled.release();
    await manager.close();
  }
}
