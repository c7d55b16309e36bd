/** What this TaskManager's process has and uses, as its heartbeats tell: its own thread and those of its slots. */
import { availableParallelism, freemem, totalmem } from 'node:os';
import type { ProcessStatus } from '../../protocol/control.js';
import { heapUse } from '../heap-use.js';
import type { HeapUse, SlotReport } from '../messages.js';

export class ProcessStatusReporter {
  /** by slot, as the slot told last */
  readonly #heaps = new Map<string, HeapUse>();

  onReport(report: SlotReport): void {
    const key = `${report.jobId}/${report.attempt}/${report.slot}`;
    if (report.type === 'metrics') this.#heaps.set(key, report.heap);
    else if (report.type === 'stopped') this.#heaps.delete(key);
  }

  onLost(jobId: string, attempt: number, slot: number): void {
    this.#heaps.delete(`${jobId}/${attempt}/${slot}`);
  }

  read(): ProcessStatus {
    const heaps = [heapUse(), ...this.#heaps.values()];
    const sum = (of: (heap: HeapUse) => number): number => heaps.reduce((total, heap) => total + of(heap), 0);
    const { rss, external } = process.memoryUsage();
    return {
      cpuCores: availableParallelism(),
      physicalMemory: totalmem(),
      freeMemory: freemem(),
      residentMemory: rss,
      heapUsed: sum(({ used }) => used),
      heapCommitted: sum(({ committed }) => committed),
      heapMax: sum(({ max }) => max),
      externalMemory: external,
    };
  }
}
