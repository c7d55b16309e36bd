/** Entry of a slot's thread: loads the task modules of the artifact and runs them. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { RuntimeFault } from '../contract/fault.js';
import type { TaskModule } from '../contract/task.js';
import { openStateBackend } from './state-backend-of.js';
import { faultData } from './faults.js';
import type { SlotReport, SlotRequest } from './messages.js';
import { Slot } from './slot.js';
import type { SlotThreadData } from './slot-thread.js';

// Before any module is loaded: stacks then name the user's TypeScript lines.
process.setSourceMapsEnabled(true);

const port = parentPort!;
const { deployment, memory } = workerData as SlotThreadData;
const slot = new Slot(deployment, memory, (report: SlotReport) => {
  port.postMessage(report);
  // Nothing keeps the thread alive any more, so it ends once its output is written.
  if (report.type === 'stopped') port.close();
});
port.on('message', (request: SlotRequest) => slot.onRequest(request));
process.on('unhandledRejection', error =>
  slot.failWith(error, 'a promise that nobody waits for was rejected'),
);
process.on('uncaughtException', error => slot.failWith(error, 'an exception outside the task'));

async function loadModule(module: string): Promise<TaskModule> {
  try {
    const loaded = (await import(pathToFileURL(join(deployment.artifactDir, module)).href)) as {
      readonly default: TaskModule;
    };
    return loaded.default;
  } catch (error) {
    throw new RuntimeFault('FC5005', {
      message: `task module '${module}' could not be loaded: ${error instanceof Error ? error.message : String(error)}`,
      domain: 'artifact',
      cause: error,
    });
  }
}

try {
  await slot.deploy(loadModule, openStateBackend(deployment));
} catch (error) {
  slot.fail(faultData(error, 'FC5001', 'user', 'the job could not be started'));
}
