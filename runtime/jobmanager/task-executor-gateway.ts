/** TaskManagers as the JobMaster sees them: in this process a TaskExecutor, elsewhere one behind gRPC. */
import type { ExecutionGraph } from '../core/execution-graph.js';
import type { Attempt, SlotDeployment, SlotRequest } from '../taskmanager/messages.js';
import type { SlotEvents } from '../taskmanager/task-executor.js';

export interface TaskExecutorGateway {
  readonly id: string;
  /** host:port where others pull records; null: all of the job is in this process */
  readonly dataAddress: string | null;
  /** All slots of an execution on this TaskManager. What goes wrong later is told through `events`. */
  deploy(slots: readonly SlotDeployment[], events: SlotEvents): void;
  /** In order with what was sent before; lost when the slot is gone. */
  send(slot: number, request: SlotRequest): void;
  /** Resolves when nothing of the slot is left. `force`: without waiting for its thread to stop by itself. */
  release(attempt: Attempt, slot: number, force: boolean): Promise<void>;
}

/** Of a cluster. */
export interface ClusterSlotProvider extends SlotProvider {
  /** Slots that the job could have: its own and those that are free. */
  available(jobId: string): number;
}

/** How long a job waits for slots: it rejects after the time, or when the signal is aborted. */
export interface SlotPatience {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Where slots come from. */
export interface SlotProvider {
  /**
   * The TaskManager for each of these slots of the graph, all or nothing. Those that the job still has are kept, but for
   * all of them together new ones are looked for.
   */
  allocate(
    jobId: string,
    graph: ExecutionGraph,
    slots: readonly number[],
    patience: SlotPatience,
  ): Promise<ReadonlyMap<number, TaskExecutorGateway>>;
  /** The job needs its slots no more. */
  free(jobId: string): void;
}
