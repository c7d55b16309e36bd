/** Plan → one readable TypeScript module per task, and the manifests that the JobManager reads. */
import type { Plan, TaskId } from '../ir/index.js';
import { generateTask, type GeneratedTask } from './task.js';

export { generateManifests, type Manifests } from './manifests.js';
export { sourceLayout } from './source-layout.js';
export type { GeneratedTask } from './task.js';

/**
 * Identical plans give identical bytes. `decoders`: source tasks with a generated decoder, which they import as
 * `decoder:<task id>`.
 */
export function generateTasks(
  plan: Plan,
  decoders: ReadonlySet<TaskId> = new Set(),
): readonly GeneratedTask[] {
  return plan.tasks.map(task => generateTask(plan, task, decoders.has(task.id)));
}
