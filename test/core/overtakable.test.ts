import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ExchangeManifest } from '../../runtime/contract/manifest.js';
import { deploySlot, type DeploymentOptions } from '../../runtime/jobmanager/deployment.js';
import { graphOf } from './graphs.js';

test('§9.3 pointwise, broadcast and custom exchanges stay aligned, on both sides', () => {
  const expected: readonly (readonly [ExchangeManifest['partition'], boolean])[] = [
    ['hash', true],
    ['rebalance', true],
    ['shuffle', true],
    ['global', true],
    ['forward', false],
    ['rescale', false],
    ['broadcast', false],
    ['custom', false],
  ];
  for (const [partition, overtakable] of expected) {
    const graph = graphOf([{ parallelism: 2 }, { parallelism: 2 }], [[0, 1, partition]]);
    const options = { base: {}, executors: ['a', 'b'], restore: () => null } as unknown as DeploymentOptions;
    const { subtasks } = deploySlot(graph, 1, options);
    assert.is(subtasks[0]!.outputs[0]!.overtakable, overtakable, partition);
    assert.is(subtasks[1]!.inputs[0]!.exchanges[0]!.overtakable, overtakable, partition);
  }
});

test.run();
