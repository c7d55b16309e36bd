import { inOperator } from '../contract/operator-failure.js';
import type { ProcessingTimeService } from '../contract/task.js';

/** Callbacks run outside batches, where generated code cannot say whose they are. */
export class OperatorProcessingTime implements ProcessingTimeService {
  readonly #service: ProcessingTimeService;
  readonly #operator: number;

  constructor(service: ProcessingTimeService, operator: number) {
    this.#service = service;
    this.#operator = operator;
  }
  now(): number {
    return this.#service.now();
  }
  schedule(timestamp: number, callback: (timestamp: number) => void): number {
    return this.#service.schedule(timestamp, due => inOperator(this.#operator, () => callback(due)));
  }
  cancel(handle: number): void {
    this.#service.cancel(handle);
  }
}
