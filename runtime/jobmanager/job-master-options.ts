/** What a JobMaster is given, and what it gives in the end. */
import type { Parameters } from '../../plugins/api/functions.js';
import type { PlanManifest } from '../contract/manifest.js';
import type { ExecutionGraph } from '../core/execution-graph.js';
import type { JobState } from '../core/job-state.js';
import type { FailoverStrategy } from '../core/resources/settings.js';
import type { RestartStrategySettings } from '../core/restart-strategy.js';
import type { SlotDeployment, SubtaskMetrics } from '../taskmanager/messages.js';
import type { LogEntry } from '../telemetry/log.js';
import type { JobCheckpointsOptions } from './job-checkpoints.js';
import type { JobHistory } from './job-history.js';
import type { SlotProvider } from './task-executor-gateway.js';

export interface JobMasterOptions {
  readonly plan: PlanManifest;
  readonly graph: ExecutionGraph;
  /** what every slot of the job is told, whatever the attempt */
  readonly base: Omit<SlotDeployment, 'attempt' | 'slot' | 'subtasks'>;
  readonly bufferTimeoutMs: number;
  /** of the job's channels on one TaskManager */
  readonly networkMemoryBytes: number;
  readonly slots: SlotProvider;
  readonly slotRequestTimeoutMs: number;
  readonly params: Parameters;
  readonly checkpoints: Pick<
    JobCheckpointsOptions,
    'flinkc' | 'settings' | 'createSubdirectory' | 'fileSystems' | 'restore' | 'recorder'
  >;
  readonly restartStrategy: RestartStrategySettings;
  readonly failoverStrategy: FailoverStrategy;
  /** Those before it were of an earlier JobMaster of the job. */
  readonly firstAttempt: number;
  /** `execution.state-recovery.allow-older-checkpoint` */
  readonly allowOlderCheckpoint: boolean;
  readonly history: JobHistory;
  /** How long slots may take to stop before their threads are ended from outside. */
  readonly stopTimeoutMs: number;
  readonly redact: (text: string) => string;
  readonly onLog?: (entry: LogEntry) => void;
  readonly onState?: (state: JobState) => void;
  readonly onMetrics?: (subtasks: readonly SubtaskMetrics[]) => void;
  readonly onRecords?: (id: string, records: readonly unknown[], afterCheckpoint: number) => void;
}

export interface JobResult {
  readonly jobId: string;
  readonly state: 'FINISHED' | 'CANCELED';
  readonly durationMs: number;
  readonly accumulators: Readonly<Record<string, unknown>>;
  /** what flinkc/collect sinks were given, by id */
  readonly collected: Readonly<Record<string, readonly unknown[]>>;
  /** records that its sources gave it; after a restart those read since */
  readonly recordsRead: number;
  /** the last metrics of every subtask */
  readonly metrics: readonly SubtaskMetrics[];
}
