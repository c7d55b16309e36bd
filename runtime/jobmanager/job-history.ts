/** What is told of a job's past. It stays with the job when another JobMaster goes on with it at another parallelism. */
import { CheckpointStatistics } from '../core/checkpoints/statistics.js';
import { ExceptionHistory } from '../core/exception-history.js';
import type { FaultData } from '../taskmanager/messages.js';

export interface JobHistory {
  readonly exceptions: ExceptionHistory<FaultData>;
  readonly checkpoints: CheckpointStatistics;
}

/** How many of each are remembered: `web.exception-history-size`, `web.checkpoints.history`. */
export function newHistory(exceptions: number, checkpoints: number): JobHistory {
  return {
    exceptions: new ExceptionHistory(exceptions),
    checkpoints: new CheckpointStatistics(checkpoints),
  };
}
