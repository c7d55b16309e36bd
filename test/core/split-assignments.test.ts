import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SplitAssignments } from '../../runtime/jobmanager/split-assignments.js';

const split = (splitId: string) => ({ splitId });
const ids = (splits: readonly { readonly splitId: string }[]) => splits.map(({ splitId }) => splitId);

test('§12 what a reader got after the checkpoint that it goes back to is given back, once', () => {
  const assigned = new SplitAssignments();
  assigned.add(split('a'), 0);
  assigned.onSnapshot(1);
  assigned.onComplete(1);
  assigned.add(split('b'), 0);
  assigned.add(split('c'), 1);
  // Aborted: nobody goes back to it, and what was given before it is not in checkpoint 1.
  assigned.onSnapshot(2);
  assigned.add(split('d'), 0);
  assert.equal(ids(assigned.takeBack(0, 1)), ['b', 'd']);
  assert.equal(ids(assigned.takeBack(0, 1)), []);
  assert.equal(ids(assigned.takeBack(1, 1)), ['c']);
});

test('§12 what is in a checkpoint stays with its reader; without one everything goes back', () => {
  const assigned = new SplitAssignments();
  assigned.add(split('a'), 0);
  assigned.onSnapshot(3);
  assigned.add(split('b'), 0);
  assert.equal(ids(assigned.takeBack(0, 3)), ['b']);
  const anew = new SplitAssignments();
  anew.add(split('a'), 0);
  anew.onSnapshot(1);
  anew.add(split('b'), 0);
  assert.equal(ids(anew.takeBack(0, 0)), ['a', 'b']);
});

test.run();
