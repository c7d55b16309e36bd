/** Plan → one readable TypeScript module per task, and the manifests that the JobManager reads. */
import type { RowAccess } from '../../plugins/api/index.js';
import type { Plan, TaskId } from '../ir/index.js';
import { generateTask, type GeneratedTask } from './task.js';

export { generateManifests, type Manifests } from './manifests.js';
export { sourceLayout } from './source-layout.js';
export type { GeneratedTask } from './task.js';

/** What connectors bring to the source tasks of a plan. */
export interface SourceParts {
  /** tasks with a generated decoder, which they import as `decoder:<task id>` */
  readonly decoders: ReadonlySet<TaskId>;
  /** tasks whose source computes the fields of a record where they are read */
  readonly rows: ReadonlyMap<TaskId, RowAccess>;
}

/** Identical plans give identical bytes. */
export function generateTasks(
  plan: Plan,
  parts: SourceParts = { decoders: new Set(), rows: new Map() },
): readonly GeneratedTask[] {
  return plan.tasks.map(task =>
    generateTask(plan, task, {
      hasDecoder: parts.decoders.has(task.id),
      rows: parts.rows.get(task.id) ?? null,
    }),
  );
}
