/** What a hand-written task does not care about. */
import type { Task } from '../../../runtime/contract/task.js';

export function createTask(
  context: { emitWatermark(w: number): void; emitIdle(i: boolean): void },
  parts: Partial<Task> & Pick<Task, 'processBatch'>,
): Task {
  return {
    onWatermark: watermark => context.emitWatermark(watermark),
    onIdle: idle => context.emitIdle(idle),
    onPeriodicEmit: () => {},
    endInput: () => {},
    prepareSnapshot: () => {},
    onKeyEnd: () => {},
    finish: () => {},
    pending: 0,
    canAccept: true,
    close: () => {},
    ...parts,
  };
}
export const operator = (
  uid: string,
): { readonly uid: string; readonly uidHash: string; readonly name: string; readonly origin: string } => ({
  uid,
  uidHash: uid,
  name: uid,
  origin: 'test.ts:1:1',
});
