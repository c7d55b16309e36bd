/** From what the coordinator collected to the metadata of a checkpoint. */
import type { CheckpointContent } from '../core/checkpoints/messages.js';
import type { CheckpointedTask } from '../core/checkpoints/checkpoint-plan.js';
import type { ExecutionGraph } from '../core/execution-graph.js';
import type { CheckpointMetadata } from '../state/storage/metadata.js';
import type { SubtaskStateHandle } from '../taskmanager/messages.js';

/** What a participant hands in. */
export type CheckpointHandle =
  | { readonly kind: 'subtask'; readonly state: SubtaskStateHandle }
  | { readonly kind: 'enumerators'; readonly states: Readonly<Record<string, unknown>> };

export function metadataOf(
  content: CheckpointContent<CheckpointHandle>,
  job: Pick<CheckpointMetadata, 'flinkc' | 'jobId' | 'jobName' | 'base'>,
  { vertices }: ExecutionGraph,
): CheckpointMetadata {
  const indexOf = new Map(vertices.map(({ task }, i) => [task.id, i]));
  const { checkpointId, timestamp, type, coordinators } = content;
  return {
    ...job,
    checkpointId,
    type: type.kind,
    timestamp,
    tasks: vertices.map(({ task, parallelism, maxParallelism }) => ({
      name: task.name,
      parallelism,
      maxParallelism,
      operators: task.operators.map(({ uidHash }) => uidHash),
      uids: task.operators.map(({ uid }) => uid),
      finished: content.finished.filter(id => id.task === task.id).map(({ subtask }) => subtask),
    })),
    subtasks: content.subtasks.flatMap(({ task, subtask, handle }) =>
      handle.kind === 'subtask' ? [{ task: indexOf.get(task)!, subtask, ...handle.state }] : [],
    ),
    enumerators: coordinators?.kind === 'enumerators' ? coordinators.states : {},
  };
}

/** The graph as the coordinator plans with it. */
export function checkpointedTasks({ vertices, exchanges }: ExecutionGraph): readonly CheckpointedTask[] {
  return vertices.map(({ task, parallelism }) => ({
    task: task.id,
    parallelism,
    inputs: exchanges
      .filter(({ to }) => to.task.id === task.id)
      .map(({ from, connections }) => ({
        from: from.task.id,
        upstreamOf: (subtask: number) => connections.upstreamOf(subtask),
      })),
  }));
}
