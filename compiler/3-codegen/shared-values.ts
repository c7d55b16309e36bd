/** Objects that several functions or other objects hold: generated code makes each of them once. */
import type { Plan, Value } from '../ir/index.js';
import { innerValues } from '../ir/index.js';

export function sharedValues(plan: Plan): ReadonlySet<Value> {
  const seen = new Set<Value>();
  const shared = new Set<Value>();
  const visit = (value: Value): void => {
    if (!seen.has(value)) {
      seen.add(value);
      for (const part of innerValues(value)) visit(part);
    } else if ('id' in value) shared.add(value);
  };
  for (const task of plan.tasks)
    for (const { op } of task.ops) for (const value of valuesIn(op)) visit(value);
  return shared;
}

function* valuesIn(data: unknown): Iterable<Value> {
  if (typeof data !== 'object' || data === null) return;
  if ('t' in data) yield data as Value;
  else for (const item of Object.values(data)) yield* valuesIn(item);
}
