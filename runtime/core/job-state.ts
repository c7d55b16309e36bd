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
  | 'FINISHED'
  /** This process no longer leads; another one may go on with the job. */
  | 'SUSPENDED';

/** Every legal transition. A terminal state has none. */
export const transitions = {
  INITIALIZING: ['CREATED', 'FAILING', 'CANCELLING', 'SUSPENDED'],
  CREATED: ['RUNNING', 'FAILING', 'CANCELLING', 'SUSPENDED', 'RESTARTING'],
  RUNNING: ['FINISHED', 'RESTARTING', 'FAILING', 'CANCELLING', 'SUSPENDED'],
  RESTARTING: ['CREATED', 'RUNNING', 'FAILING', 'CANCELLING', 'SUSPENDED'],
  FAILING: ['FAILED', 'SUSPENDED'],
  CANCELLING: ['CANCELED', 'FAILING', 'SUSPENDED'],
  FAILED: [],
  CANCELED: [],
  FINISHED: [],
  SUSPENDED: [],
} as const satisfies Record<JobState, readonly JobState[]>;

export function isTerminal(state: JobState): boolean {
  return transitions[state].length === 0;
}

export function mayBecome(from: JobState, to: JobState): boolean {
  return (transitions[from] as readonly JobState[]).includes(to);
}

/** The job has ended for good: nobody goes on with it, and its checkpoints are kept or deleted by their retention. */
export function isGloballyTerminal(state: JobState): state is 'FAILED' | 'CANCELED' | 'FINISHED' {
  return isTerminal(state) && state !== 'SUSPENDED';
}
