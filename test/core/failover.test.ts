import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FailoverRegions } from '../../runtime/core/failover.js';
import { graphOf } from './graphs.js';

const slotsOf = (regions: readonly { readonly slots: readonly number[] }[]) =>
  regions.map(({ slots }) => slots);

test('§14 regions: an all-to-all exchange makes one, forward exchanges one for each subtask', () => {
  const hashed = graphOf([{ parallelism: 3 }, { parallelism: 3 }], [[0, 1, 'hash']]);
  assert.equal(slotsOf(new FailoverRegions(hashed, 'region').regions), [[0, 1, 2]]);
  const forward = graphOf([{ parallelism: 3 }, { parallelism: 3 }], [[0, 1, 'forward']]);
  const { regions } = new FailoverRegions(forward, 'region');
  assert.equal(slotsOf(regions), [[0], [1], [2]]);
  assert.equal(regions[1]!.subtasks, [
    { task: 0, subtask: 1 },
    { task: 1, subtask: 1 },
  ]);
});

test('§14 regions: rescale joins neighbouring groups, across slot sharing groups', () => {
  const graph = graphOf([{ parallelism: 2 }, { parallelism: 4, group: 'other' }], [[0, 1, 'rescale']]);
  assert.equal(slotsOf(new FailoverRegions(graph, 'region').regions), [
    [0, 2, 3],
    [1, 4, 5],
  ]);
});

test('a slot is one thread: tasks that share it restart together, though no records flow between them', () => {
  const graph = graphOf([{ parallelism: 2 }, { parallelism: 2 }], []);
  const { regions } = new FailoverRegions(graph, 'region');
  assert.equal(
    regions.map(({ subtasks }) => subtasks.length),
    [2, 2],
  );
  const apart = graphOf([{ parallelism: 2 }, { parallelism: 2, group: 'other' }], []);
  assert.is(new FailoverRegions(apart, 'region').regions.length, 4);
});

test('§14 restart set: regions of what failed, each once; `full` restarts everything', () => {
  const graph = graphOf([{ parallelism: 3 }, { parallelism: 3 }], [[0, 1, 'forward']]);
  const regions = new FailoverRegions(graph, 'region');
  assert.equal(slotsOf(regions.restartSet([2, 2, 0])), [[2], [0]]);
  assert.equal(slotsOf(regions.restartSet([0, 1])), [[0], [1]]);
  assert.equal(slotsOf(new FailoverRegions(graph, 'full').restartSet([2, 0])), [[0, 1, 2]]);
});

test.run();
