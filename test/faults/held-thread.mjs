/**
 * Loaded into every thread of a process: holds the one, for ever, that is about to say what HOLD_AT names, and makes the
 * file HELD. `blocks` and `done`: the thread that encodes snapshots, in its second job; the one before was that of an
 * earlier checkpoint. `write`: a slot that has its second batch of rows for its database.
 */
import { writeFileSync } from 'node:fs';
import { MessagePort } from 'node:worker_threads';

const { HOLD_AT, HELD } = process.env;
const say = Reflect.get(MessagePort.prototype, 'postMessage');
let writes = 0;

function isThere(message) {
  if (HOLD_AT === 'write') return message?.request?.type === 'write' && ++writes === 2;
  return message?.type === HOLD_AT && message.job === 2;
}
MessagePort.prototype.postMessage = function (message, transfer) {
  if (isThere(message)) {
    writeFileSync(HELD, '');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  }
  say.call(this, message, transfer);
};
