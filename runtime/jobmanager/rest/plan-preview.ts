/** The plan of an artifact before it runs. */
import type { OpenedArtifact } from '../../artifact/open-artifact.js';
import { buildExecutionGraph } from '../../core/execution-graph.js';
import { jobPlan } from './job-shapes.js';

export function jobPlanOf({ plan }: OpenedArtifact, parallelism: number | undefined): unknown {
  const graph = buildExecutionGraph(plan, {
    parallelism: parallelism ?? plan.parallelism ?? 1,
    maxParallelism: plan.maxParallelism,
  });
  return jobPlan({
    jobId: '0'.repeat(32),
    name: plan.jobName,
    graph,
    batchMode: plan.runtimeMode === 'BATCH',
  });
}
