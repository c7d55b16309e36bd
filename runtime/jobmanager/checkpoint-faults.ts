/** What whoever asked for a checkpoint, or runs the job, is told when there is none. */
import { RuntimeFault } from '../contract/fault.js';
import { checkpointFailures } from '../core/checkpoints/failure-reasons.js';
import type { CheckpointAction } from '../core/checkpoints/messages.js';
import type { CheckpointHandle } from './checkpoint-content.js';

type RequestFailed = Extract<CheckpointAction<CheckpointHandle>, { readonly type: 'requestFailed' }>;

export function notTaken({ reason, message, checkpointId }: RequestFailed): RuntimeFault {
  const facts = { reason, began: String(checkpointId !== null) };
  if (checkpointFailures[reason].counted && reason !== 'CHECKPOINT_EXPIRED')
    return new RuntimeFault('FC5512', {
      message: `the checkpoint was not taken: ${message}`,
      domain: 'external',
      retry: 'backoff',
      fix: 'check that the JobManager and all TaskManagers may write to the folder, and that it has room; the job goes on',
      facts,
    });
  return new RuntimeFault('FC5013', {
    message: `the checkpoint was not taken: ${message}`,
    domain: 'internal',
    retry: 'backoff',
    fix: 'try again when all tasks of the job run; a savepoint needs STREAMING mode and a folder it can write to',
    facts,
  });
}

export function tooManyFailures(message: string): RuntimeFault {
  return new RuntimeFault('FC5508', {
    message,
    domain: 'external',
    retry: 'restart',
    fix: 'mend what the message names, or tolerate more with execution.checkpointing.tolerable-failed-checkpoints',
  });
}

export function noSavepointDirectory(): RuntimeFault {
  return new RuntimeFault('FC5509', {
    message: 'a savepoint was asked for without saying where it goes',
    domain: 'config',
    fix: 'name a folder, or set execution.checkpointing.savepoint-dir',
  });
}
