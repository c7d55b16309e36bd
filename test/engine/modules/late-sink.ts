/** The number sink, in a module that takes the second slot some time to load. */
import { workerData } from 'node:worker_threads';
import type { SlotThreadData } from '../../../runtime/taskmanager/slot-thread.js';
import numberSink from './number-sink.js';

if ((workerData as SlotThreadData | null)?.deployment.slot === 1)
  await new Promise(resolve => setTimeout(resolve, 1_500));

export default numberSink;
