/** The number sink, in a module that takes the second slot some time to load. */
import { workerData } from 'node:worker_threads';
import numberSink from './number-sink.js';

if ((workerData as { readonly slot: number } | null)?.slot === 1)
  await new Promise(resolve => setTimeout(resolve, 300));

export default numberSink;
