import { appendFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Something has happened, in whichever thread of the job. */
export function mark(folder: string, name: string): void {
  // flinkc-ignore FC3006 it is what the other threads wait for
  appendFileSync(join(folder, name), '.');
}

/** Resolves when it has happened so often. */
export async function marked(folder: string, name: string, times: number): Promise<void> {
  const count = (): number => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
  while (count() < times) await delay(5);
}
