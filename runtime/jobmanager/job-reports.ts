/** What the slots of a job report, brought to whom it concerns; and what is kept of it: metrics, collected records. */
import type { SubtaskId } from '../core/checkpoints/subtask-set.js';
import type { SlotReport, SubtaskMetrics } from '../taskmanager/messages.js';
import { CollectedRecords } from './collected-records.js';
import type { JobCheckpoints } from './job-checkpoints.js';
import type { JobMasterOptions } from './job-master-options.js';
import type { JobSources } from './job-sources.js';
import type { JobSubtasks } from './job-subtasks.js';

export interface JobReportsOptions extends Pick<JobMasterOptions, 'onLog' | 'onMetrics' | 'onRecords'> {
  readonly subtasks: JobSubtasks;
  readonly sources: JobSources;
  readonly checkpoints: JobCheckpoints;
  /** Every subtask has reached the end of its input. */
  readonly onAllEnded: () => void;
}

export class JobReports {
  readonly #options: JobReportsOptions;
  readonly #metrics = new Map<string, SubtaskMetrics>();
  readonly collected = new CollectedRecords();

  constructor(options: JobReportsOptions) {
    this.#options = options;
  }

  /** The last of every subtask. */
  get metrics(): readonly SubtaskMetrics[] {
    return [...this.#metrics.values()];
  }

  on(report: SlotReport): void {
    const { subtasks, sources, checkpoints, onLog, onRecords, onAllEnded } = this.#options;
    switch (report.type) {
      case 'source':
        sources.onRequest(report.task, report.subtask, report.request);
        return;
      case 'watermark':
        sources.onWatermark(report.task, report.subtask, report.watermark);
        return;
      case 'acknowledge':
      case 'decline':
        checkpoints.onReport(report);
        return;
      case 'prepared':
        if (subtasks.onEnded(report)) onAllEnded();
        checkpoints.onEndOfData(report.attempt, idOf(report));
        return;
      case 'finished':
        subtasks.onFinished(report, report.accumulators);
        checkpoints.onFinished(report.attempt, idOf(report));
        this.#keepMetrics([report.metrics]);
        sources.onFinished(report.task, report.subtask);
        return;
      case 'metrics':
        this.#keepMetrics(report.subtasks);
        for (const { values, ...id } of report.accumulators) subtasks.onAccumulated(id, values);
        return;
      case 'records': {
        const { id, records, afterCheckpoint, slot } = report;
        if (onRecords) onRecords(id, records, afterCheckpoint);
        else this.collected.add(id, records, afterCheckpoint, slot);
        return;
      }
      case 'log':
        onLog?.(report.entry);
        return;
      case 'deployed':
      case 'failed':
      case 'stopped':
        // The execution's own.
        return;
    }
  }

  #keepMetrics(subtasks: readonly SubtaskMetrics[]): void {
    for (const metrics of subtasks) this.#metrics.set(`${metrics.task}/${metrics.subtask}`, metrics);
    this.#options.onMetrics?.(this.metrics);
  }
}

const idOf = ({ task, subtask }: SubtaskId): SubtaskId => ({ task, subtask });
