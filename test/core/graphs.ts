/** Execution graphs for tests of what is decided about them. */
import type { ExchangeManifest, TaskManifest } from '../../runtime/contract/manifest.js';
import { buildExecutionGraph, type ExecutionGraph } from '../../runtime/core/execution-graph.js';

interface TaskSpec {
  readonly parallelism: number;
  readonly group?: string;
}
type ExchangeSpec = readonly [from: number, to: number, partition: ExchangeManifest['partition']];

export function graphOf(tasks: readonly TaskSpec[], exchanges: readonly ExchangeSpec[]): ExecutionGraph {
  return buildExecutionGraph(
    {
      jobName: 'test',
      runtimeMode: 'STREAMING',
      parallelism: null,
      maxParallelism: 32_768,
      bufferTimeout: null,
      configuration: {},
      tasks: tasks.map(({ parallelism, group }, id): TaskManifest => ({
        id,
        name: `task ${id}`,
        module: `tasks/${id}.mjs`,
        parallelism,
        maxParallelism: 32_768,
        slotSharingGroup: group ?? 'default',
        inputs: [
          {
            keyed: false,
            exchanges: exchanges.flatMap(([, to], exchange) => (to === id ? [exchange] : [])),
          },
        ],
        outputs: exchanges.flatMap(([from], exchange) => (from === id ? [exchange] : [])),
        operators: [
          {
            uid: `task-${id}`,
            uidHash: `${id}`,
            name: `task-${id}`,
            kind: 'map',
            origin: '',
            fieldsRead: [],
          },
        ],
        isSource: !exchanges.some(([, to]) => to === id),
        alignmentGroup: null,
      })),
      exchanges: exchanges.map(([from, to, partition], id): ExchangeManifest => ({
        id,
        from,
        to,
        input: 0,
        partition,
        columns: [],
        layout: { columns: [] },
        reason: '',
      })),
    },
    { parallelism: 1, maxParallelism: null },
  );
}
