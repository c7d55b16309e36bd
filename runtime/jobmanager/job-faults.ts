/** Faults of a job as a whole, and what can be done about those of its tasks. */
import { RuntimeFault } from '../contract/fault.js';
import type { FaultData } from '../taskmanager/messages.js';
import type { CheckpointReference } from './initial-state.js';

/** Restarting cannot mend these: what is wrong is the state, or what the job is asked to do with it. */
const lasting = new Set(['FC5012', 'FC5103', 'FC5113', 'FC5504', 'FC5506', 'FC5507']);

/** As in Flink everything is tried again that is not wrong for good. */
export function canBeMended({ code, domain }: FaultData): boolean {
  return domain !== 'config' && domain !== 'artifact' && !lasting.has(code);
}

/** Its barriers may have reached tasks. */
export function beganSavepoint(error: unknown): boolean {
  return error instanceof RuntimeFault && error.facts['began'] === 'true';
}

/** Tasks that end without checkpoints do not wait for one, so the savepoint would come too late for them. */
export function drainNeedsCheckpoints(): RuntimeFault {
  return new RuntimeFault('FC5510', {
    message: 'a job can only be drained into a savepoint when it takes checkpoints',
    domain: 'config',
    fix: 'set execution.checkpointing.interval, or stop without draining',
  });
}

/** The job failed while it was being stopped; `savepoint`: what had been completed for it. */
export function notStopped(fault: FaultData, savepoint: CheckpointReference | null): RuntimeFault {
  if (savepoint)
    return new RuntimeFault('FC5516', {
      message: `the savepoint '${savepoint.location}' is complete, but the job failed before it ended: ${fault.message}`,
      domain: fault.domain,
      fix: 'see whether the job has restarted, and stop it again; otherwise start it from the savepoint',
    });
  return new RuntimeFault('FC5013', {
    message: `the job failed before its savepoint was complete: ${fault.message}`,
    domain: 'internal',
    retry: 'backoff',
    fix: 'stop the job again when all its tasks run',
  });
}

export function suspended(): RuntimeFault {
  return new RuntimeFault('FC5623', {
    message: 'this JobManager no longer runs the job',
    domain: 'internal',
    fix: 'ask the JobManager that leads now; the job goes on there from its latest checkpoint',
  });
}

export function snapshotDeclined(): RuntimeFault {
  return new RuntimeFault('FC5013', {
    message: 'a snapshot needs all tasks running, in STREAMING mode',
    domain: 'internal',
    retry: 'backoff',
  });
}

export function endedEarly(): RuntimeFault {
  return new RuntimeFault('FC5002', { message: 'the job stopped before its end', domain: 'internal' });
}
