import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { PlanManifest, TaskManifest, ExchangeManifest } from '../../runtime/contract/manifest.js';
import { mergeAccumulators } from '../../runtime/core/accumulators.js';
import { parseConfiguration } from '../../runtime/core/configuration.js';
import { buildExecutionGraph } from '../../runtime/core/execution-graph.js';
import { isTerminal, mayBecome } from '../../runtime/core/job-state.js';
import { parseDuration, parseMemorySize } from '../../runtime/core/options.js';

test('options are read by their Flink names, deprecated ones included', () => {
  const parsed = parseConfiguration({
    'parallelism.default': '4',
    'execution.buffer-timeout': '5 ms',
    'execution.runtime-mode': 'batch',
    'pipeline.auto-watermark-interval': '1 s',
    'my.own.key': 'anything',
  });
  assert.ok(parsed.ok);
  assert.is(parsed.configuration.parallelism, 4);
  assert.is(parsed.configuration.bufferTimeoutMs, 5);
  assert.is(parsed.configuration.runtimeMode, 'BATCH');
  assert.is(parsed.configuration.autoWatermarkIntervalMs, 1000);
});

test('buffer timeout: 0 flushes at once, -1 and enabled=false only full batches', () => {
  const timeout = (entries: Record<string, string>): number | undefined => {
    const parsed = parseConfiguration(entries);
    assert.ok(parsed.ok);
    return parsed.configuration.bufferTimeoutMs;
  };
  assert.is(timeout({ 'execution.buffer-timeout.interval': '0' }), 0);
  assert.is(timeout({ 'execution.buffer-timeout.interval': '-1' }), -1);
  assert.is(timeout({ 'execution.buffer-timeout.enabled': 'false' }), -1);
  assert.is(timeout({}), undefined);
});

test('an unknown key in our namespaces, or close to one of ours, is refused with the nearest known one', () => {
  const hintOf = (key: string): string | undefined => {
    const parsed = parseConfiguration({ [key]: '1 s' });
    return parsed.ok ? undefined : `${parsed.problems[0]!.reason}: ${parsed.problems[0]!.hint}`;
  };
  assert.is(hintOf('pipeline.auto-watermark-intervall'), 'unknown: pipeline.auto-watermark-interval');
  assert.is(hintOf('pipeline.watermarks'), 'unknown: pipeline.max-parallelism');
  assert.is(hintOf('paralelism.default'), 'unknown: parallelism.default');
  assert.is(hintOf('kafka.parallelism'), undefined);
});

test('options of a cluster’s processes are named as being without effect in one process', () => {
  const parsed = parseConfiguration({
    'heartbeat.timeout': '1 s',
    'execution.checkpointing.interval': '1 s',
    'restart-strategy.type': 'none',
    'parallelism.default': '2',
  });
  assert.ok(parsed.ok);
  assert.equal(parsed.configuration.withoutEffect, ['heartbeat.timeout']);
});

test('an impossible value is refused with what is expected', () => {
  const parsed = parseConfiguration({ 'parallelism.default': 'many' });
  assert.not(parsed.ok);
  assert.equal(!parsed.ok && parsed.problems[0], {
    key: 'parallelism.default',
    value: 'many',
    reason: 'invalid',
    hint: 'a whole number of at least 1',
  });
});

test('durations and sizes in Flink spelling', () => {
  assert.equal(['100', '100 ms', '5s', '2 min', '1 h', '1 d', 'soon', '5 parsecs'].map(parseDuration), [
    100,
    100,
    5000,
    120_000,
    3_600_000,
    86_400_000,
    undefined,
    undefined,
  ]);
  assert.equal(['1', '32 kb', '128mb', '1 g', 'lots'].map(parseMemorySize), [
    1,
    32_768,
    134_217_728,
    2 ** 30,
    undefined,
  ]);
});

test('§14 job states: only legal transitions, terminal states end', () => {
  assert.ok(mayBecome('RUNNING', 'FAILING'));
  assert.ok(mayBecome('RUNNING', 'RESTARTING'));
  assert.not(mayBecome('RUNNING', 'FAILED'));
  assert.not(mayBecome('FINISHED', 'RUNNING'));
  assert.equal((['FINISHED', 'CANCELED', 'FAILED', 'RUNNING', 'FAILING'] as const).map(isTerminal), [
    true,
    true,
    true,
    false,
    false,
  ]);
});

const task = (id: number, parallelism: number | null, slotSharingGroup = 'default'): TaskManifest => ({
  id,
  name: `task ${id}`,
  module: '',
  parallelism,
  maxParallelism: null,
  slotSharingGroup,
  inputs: [],
  outputs: [],
  operators: [],
  isSource: id === 0,
  alignmentGroup: null,
});
const exchange = (
  id: number,
  from: number,
  to: number,
  partition: ExchangeManifest['partition'],
): ExchangeManifest => ({
  id,
  from,
  to,
  input: 0,
  partition,
  columns: [],
  layout: { columns: [] },
  reason: '',
});
const plan = (tasks: readonly TaskManifest[], exchanges: readonly ExchangeManifest[]): PlanManifest => ({
  jobName: '',
  runtimeMode: 'STREAMING',
  parallelism: null,
  maxParallelism: null,
  bufferTimeout: null,
  configuration: {},
  tasks,
  exchanges,
});
const pairs = (
  from: number,
  to: number,
  partition: ExchangeManifest['partition'],
): (readonly [number, number])[] => {
  const graph = buildExecutionGraph(plan([task(0, from), task(1, to)], [exchange(0, 0, 1, partition)]), {
    parallelism: 1,
    maxParallelism: null,
  });
  const { connections } = graph.exchanges[0]!;
  return Array.from({ length: from }, (_, i) => connections.downstreamOf(i)).flatMap(({ first, last }, i) =>
    Array.from({ length: last - first + 1 }, (_, j) => [i, first + j] as const),
  );
};

test('§6 rescale connects neighbouring groups, forward one to one, the others all to all', () => {
  assert.equal(pairs(2, 4, 'rescale'), [
    [0, 0],
    [0, 1],
    [1, 2],
    [1, 3],
  ]);
  assert.equal(pairs(4, 2, 'rescale'), [
    [0, 0],
    [1, 0],
    [2, 1],
    [3, 1],
  ]);
  assert.equal(pairs(2, 2, 'forward'), [
    [0, 0],
    [1, 1],
  ]);
  assert.equal(pairs(1, 3, 'hash'), [
    [0, 0],
    [0, 1],
    [0, 2],
  ]);
  assert.throws(() => pairs(1, 2, 'forward'), /forwards to/);
});

test('tasks of a slot sharing group share slots, other groups get their own', () => {
  const graph = buildExecutionGraph(plan([task(0, 2), task(1, null), task(2, 3, 'other')], []), {
    parallelism: 4,
    maxParallelism: null,
  });
  assert.is(graph.slots, 7);
  assert.equal(
    graph.vertices.map(vertex => vertex.firstSlot),
    [0, 0, 4],
  );
});

test('§8.1 limits: a parallelism beyond the key groups is refused', () => {
  assert.throws(
    () => buildExecutionGraph(plan([task(0, 200)], []), { parallelism: 1, maxParallelism: 128 }),
    /max parallelism 128/,
  );
});

test('accumulators: numbers add up unless they say otherwise, lists are joined', () => {
  const plain = (value: unknown) => ({ value, mergedBy: null });
  const most = (value: number) => ({ value, mergedBy: 'max' as const });
  assert.equal(
    mergeAccumulators([
      { n: plain(1), l: plain([1]), most: most(5) },
      { n: plain(2), l: plain([2]), most: most(-Infinity) },
      { only: plain('x') },
    ]),
    { n: 3, l: [1, 2], most: 5, only: 'x' },
  );
});

test.run();
