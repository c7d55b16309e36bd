import type { Collector, ProcessContext } from '../../plugins/api/functions.js';
import type { Emit, EmitSide, OperatorContext } from '../contract/task.js';
import { ClockOnlyTimerService, ReusedProcessContext, TimestampedCollector } from './process-context.js';
import { FunctionLifecycle, type StateSpecs } from './user-function.js';

export type ProcessLambda<IN, OUT> = (value: IN, ctx: ProcessContext, out: Collector<OUT>) => void;
export interface ProcessSpec<IN, OUT> {
  readonly fn: ProcessLambda<IN, OUT> | { processElement: ProcessLambda<IN, OUT> };
  readonly states: StateSpecs;
}

/** ProcessFunction on a stream that is not keyed: side outputs and clocks, but no timers. */
export class ProcessOperator<IN, OUT> {
  readonly #fn: { processElement: ProcessLambda<IN, OUT> };
  readonly #lifecycle: FunctionLifecycle;
  readonly #clock: ClockOnlyTimerService;
  readonly #context: ReusedProcessContext;
  readonly #out: TimestampedCollector<OUT>;

  constructor(ctx: OperatorContext, spec: ProcessSpec<IN, OUT>, emit: Emit<OUT>, side: EmitSide) {
    this.#fn = typeof spec.fn === 'function' ? { processElement: spec.fn } : spec.fn;
    this.#lifecycle = new FunctionLifecycle(this.#fn, ctx, spec.states, null);
    this.#clock = new ClockOnlyTimerService(ctx.processingTime);
    this.#context = new ReusedProcessContext(this.#clock, side);
    this.#out = new TimestampedCollector(emit);
  }
  open(): void {
    this.#lifecycle.open();
  }
  processElement(value: IN, timestamp: number): void {
    this.#context.recordTimestamp = timestamp;
    this.#out.timestamp = timestamp;
    this.#fn.processElement(value, this.#context, this.#out);
  }
  advanceWatermark(watermark: number): void {
    this.#clock.watermark = watermark;
  }
  endInput(): void {}
  prepareSnapshot(checkpointId: number): void {
    this.#lifecycle.prepareSnapshot(checkpointId);
  }
  finish(): void {}
  close(): void {
    this.#lifecycle.close();
  }
}
