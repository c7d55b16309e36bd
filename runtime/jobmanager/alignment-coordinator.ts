/** Watermark alignment across the sources of a group (datastream-semantics §2.5). */
import { alignmentLimit } from '../operators/watermarks/alignment.js';

export interface AlignmentGroup {
  readonly maxDrift: number;
  readonly updateIntervalMs: number;
  /** source tasks of the group */
  readonly tasks: readonly number[];
}

export class AlignmentCoordinator {
  readonly #group: AlignmentGroup;
  readonly #reports = new Map<string, number | null>();
  readonly #timer: NodeJS.Timeout;

  constructor(group: AlignmentGroup, send: (task: number, maxWatermark: number) => void) {
    this.#group = group;
    this.#timer = setInterval(() => {
      if (this.#reports.size === 0) return;
      const limit = alignmentLimit([...this.#reports.values()], group.maxDrift);
      for (const task of group.tasks) send(task, limit);
    }, group.updateIntervalMs);
    // The slots keep the process alive; announcing limits does not.
    this.#timer.unref();
  }

  onReport(task: number, subtask: number, watermark: number | null): void {
    if (this.#group.tasks.includes(task)) this.#reports.set(`${task}/${subtask}`, watermark);
  }

  /** A finished source holds nobody back. */
  remove(task: number, subtask: number): void {
    this.#reports.delete(`${task}/${subtask}`);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
