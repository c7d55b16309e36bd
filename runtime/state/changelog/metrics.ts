import type { MetricGroup } from '../../../plugins/api/metrics.js';

/** Flink's metrics of a changelog, by operator. Durations in ms, sizes in bytes. */
export class ChangelogMetrics {
  started = 0;
  completed = 0;
  failed = 0;
  lastDuration = 0;
  /** of all that the last checkpoint refers to */
  fullSizeOfBase = 0;
  fullSizeOfLog = 0;
  /** of what the last one added */
  incrementalSizeOfLog = 0;

  register(group: MetricGroup): void {
    group.gauge('startedMaterialization', () => this.started);
    group.gauge('completedMaterialization', () => this.completed);
    group.gauge('failedMaterialization', () => this.failed);
    group.gauge('lastDurationOfMaterialization', () => this.lastDuration);
    group.gauge('lastFullSizeOfMaterialization', () => this.fullSizeOfBase);
    group.gauge('lastFullSizeOfNonMaterialization', () => this.fullSizeOfLog);
    group.gauge('lastIncSizeOfNonMaterialization', () => this.incrementalSizeOfLog);
  }
}
