/**
 * Loaded into every thread of a process: holds the thread that encodes snapshots, for ever, when it is about to say what
 * HOLD_AT names in its second job, and makes the file HELD. The job before was the one of an earlier checkpoint.
 */
import { writeFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';

const { HOLD_AT, HELD } = process.env;
if (parentPort) {
  const say = parentPort.postMessage.bind(parentPort);
  parentPort.postMessage = (message, transfer) => {
    if (message?.type === HOLD_AT && message.job === 2) {
      writeFileSync(HELD, '');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    }
    say(message, transfer);
  };
}
