/** Barriers on the channels of a subtask (datastream-semantics §9.2). */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BarrierAligner, type BarrierLane } from '../../runtime/taskmanager/barrier-aligner.js';

function aligner(
  channels: number,
  mode: 'EXACTLY_ONCE' | 'AT_LEAST_ONCE' = 'EXACTLY_ONCE',
): { lanes: BarrierLane[]; aligner: BarrierAligner; complete: number[]; blocked: () => readonly boolean[] } {
  const lanes = Array.from({ length: channels }, () => ({
    blocked: false,
    closed: false,
    overtakable: false,
  }));
  const complete: number[] = [];
  return {
    lanes,
    aligner: new BarrierAligner(lanes, mode, id => complete.push(id)),
    complete,
    blocked: () => lanes.map(lane => lane.blocked),
  };
}

test('§9.2 exactly-once: a channel is held back from its barrier on until all barriers are in', () => {
  const { lanes, aligner: barriers, complete, blocked } = aligner(3);
  barriers.onBarrier(lanes[1]!, 1);
  assert.equal(blocked(), [false, true, false]);
  barriers.onBarrier(lanes[0]!, 1);
  assert.equal([complete, blocked()], [[], [true, true, false]]);
  barriers.onBarrier(lanes[2]!, 1);
  assert.equal([complete, blocked()], [[1], [false, false, false]]);
});

test('§9.2 at-least-once: no channel is held back; several checkpoints are counted side by side', () => {
  const { lanes, aligner: barriers, complete, blocked } = aligner(2, 'AT_LEAST_ONCE');
  barriers.onBarrier(lanes[0]!, 1);
  barriers.onBarrier(lanes[0]!, 2);
  assert.equal([complete, blocked()], [[], [false, false]]);
  barriers.onBarrier(lanes[1]!, 1);
  barriers.onBarrier(lanes[1]!, 2);
  assert.equal(complete, [1, 2]);
});

test('§9.2 a channel that ended counts as having delivered the barrier, before it or after', () => {
  const { lanes, aligner: barriers, complete, blocked } = aligner(3);
  lanes[0]!.closed = true;
  barriers.onClosed();
  barriers.onBarrier(lanes[1]!, 1);
  assert.equal(complete, []);
  lanes[2]!.closed = true;
  barriers.onClosed();
  assert.equal([complete, blocked()], [[1], [false, false, false]]);
});

test('§9.2 a newer barrier ends the alignment of the older; older late barriers are ignored', () => {
  const { lanes, aligner: barriers, complete, blocked } = aligner(2);
  barriers.onBarrier(lanes[0]!, 1);
  barriers.onBarrier(lanes[1]!, 2);
  assert.equal([complete, blocked()], [[], [false, true]]);
  barriers.onBarrier(lanes[0]!, 1);
  assert.equal(blocked(), [false, true]);
  barriers.onBarrier(lanes[0]!, 2);
  assert.equal([complete, blocked()], [[2], [false, false]]);
  barriers.onBarrier(lanes[1]!, 1);
  assert.equal([complete, blocked()], [[2], [false, false]]);
});

test('§9.2 a cancelled checkpoint lets go what it held back, and its barriers mean nothing', () => {
  const { lanes, aligner: barriers, complete, blocked } = aligner(2);
  barriers.onBarrier(lanes[0]!, 1);
  barriers.abort(1);
  assert.equal(blocked(), [false, false]);
  barriers.onBarrier(lanes[1]!, 1);
  assert.equal([complete, blocked()], [[], [false, false]]);
  barriers.onBarrier(lanes[0]!, 2);
  barriers.onBarrier(lanes[1]!, 2);
  assert.equal(complete, [2]);
});

test.run();
