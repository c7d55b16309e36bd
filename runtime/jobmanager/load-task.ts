/** Task modules as the JobMaster needs them: for the sources' enumerators. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Parameters } from '../../plugins/api/functions.js';
import { RuntimeFault } from '../contract/fault.js';
import type { PlanManifest } from '../contract/manifest.js';
import type { TaskModule } from '../contract/task.js';

export async function loadTask(path: string): Promise<TaskModule> {
  try {
    return ((await import(pathToFileURL(path).href)) as { readonly default: TaskModule }).default;
  } catch (error) {
    throw new RuntimeFault('FC5005', {
      message: `task module '${path}' could not be loaded: ${error instanceof Error ? error.message : String(error)}`,
      domain: 'artifact',
      cause: error,
    });
  }
}

/** Whether all input ends by itself. Only the source objects know, and parameters may decide it. */
export async function isBounded(
  artifactDir: string,
  plan: PlanManifest,
  params: Parameters,
): Promise<boolean> {
  const sources = plan.tasks.filter(task => task.isSource);
  const bounded = await Promise.all(
    sources.map(async task => {
      const { source } = await loadTask(join(artifactDir, task.module));
      return source?.create(params).boundedness === 'BOUNDED';
    }),
  );
  return bounded.every(Boolean);
}
