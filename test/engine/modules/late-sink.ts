/** The number sink, in a module that takes the second slot some time to load: until a file exists, where a parameter names one. */
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import type { SlotThreadData } from '../../../runtime/taskmanager/slot-thread.js';
import numberSink from './number-sink.js';

const deployment = (workerData as SlotThreadData | null)?.deployment;
if (deployment?.slot === 1) {
  const release = deployment.parameters['release'];
  if (release === undefined) await delay(1_500);
  else while (!existsSync(release)) await delay(5);
  // What the thread was told before that comes to it first.
  await delay(5);
}

export default numberSink;
