import type { Collector, ProcessContext } from '../../plugins/api/functions.js';
import type { Emit, EmitSide, OperatorContext } from '../contract/task.js';
import { ClockOnlyOperator } from './function-operator.js';
import { ReusedProcessContext } from './process-context.js';
import type { StateSpecs } from './user-function.js';

export type ProcessLambda<IN, OUT> = (value: IN, ctx: ProcessContext, out: Collector<OUT>) => void;
export interface ProcessSpec<IN, OUT> {
  readonly fn: ProcessLambda<IN, OUT> | { processElement: ProcessLambda<IN, OUT> };
  readonly states: StateSpecs;
}

/** ProcessFunction on a stream that is not keyed: side outputs and clocks, but no timers. */
export class ProcessOperator<IN, OUT> extends ClockOnlyOperator<OUT> {
  readonly #fn: { processElement: ProcessLambda<IN, OUT> };
  readonly #context: ReusedProcessContext;

  constructor(ctx: OperatorContext, spec: ProcessSpec<IN, OUT>, emit: Emit<OUT>, side: EmitSide) {
    const fn = typeof spec.fn === 'function' ? { processElement: spec.fn } : spec.fn;
    super(ctx, fn, spec.states, emit);
    this.#fn = fn;
    this.#context = new ReusedProcessContext(this.clock, side);
  }
  processElement(value: IN, timestamp: number): void {
    this.#context.recordTimestamp = timestamp;
    this.out.timestamp = timestamp;
    this.#fn.processElement(value, this.#context, this.out);
  }
}
