/** States of a job (datastream-semantics §14) and what leads from one to the next. Pure. */

export type JobState =
  | 'INITIALIZING'
  | 'CREATED'
  | 'RUNNING'
  | 'RESTARTING'
  | 'FAILING'
  | 'FAILED'
  | 'CANCELLING'
  | 'CANCELED'
  | 'FINISHED';

/** Every legal transition. A terminal state has none. */
export const transitions = {
  INITIALIZING: ['CREATED', 'FAILING', 'CANCELLING'],
  CREATED: ['RUNNING', 'FAILING', 'CANCELLING'],
  RUNNING: ['FINISHED', 'RESTARTING', 'FAILING', 'CANCELLING'],
  RESTARTING: ['CREATED', 'FAILING', 'CANCELLING'],
  FAILING: ['FAILED'],
  CANCELLING: ['CANCELED', 'FAILING'],
  FAILED: [],
  CANCELED: [],
  FINISHED: [],
} as const satisfies Record<JobState, readonly JobState[]>;

export function isTerminal(state: JobState): boolean {
  return transitions[state].length === 0;
}

export function mayBecome(from: JobState, to: JobState): boolean {
  return (transitions[from] as readonly JobState[]).includes(to);
}
