/** Plan → one readable TypeScript module per task, and the manifests that the JobManager reads. */
import type { Plan } from '../ir/index.js';
import { generateTask, type GeneratedTask } from './task.js';

export { generateManifests, type Manifests } from './manifests.js';
export type { GeneratedTask } from './task.js';

/** Identical plans give identical bytes. */
export function generateTasks(plan: Plan): readonly GeneratedTask[] {
  return plan.tasks.map(task => generateTask(plan, task));
}
