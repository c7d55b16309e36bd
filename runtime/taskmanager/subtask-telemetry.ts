/** Flink's task and operator metrics of one subtask. The loop adds to plain fields; names appear only when read. */
import { MIN_TIMESTAMP } from '../../plugins/api/types.js';
import type { OperatorSpec } from '../contract/task.js';
import { MetricScope, MeterView, type MetricValue } from '../telemetry/metrics.js';

export class SubtaskTelemetry {
  recordsIn = 0;
  recordsOut = 0;
  /** encoded: what stays in the thread has none */
  bytesIn = 0;
  bytesOut = 0;
  /** batches */
  buffersOut = 0;
  queuedIn = 0;
  inputWatermark = MIN_TIMESTAMP;
  outputWatermark = MIN_TIMESTAMP;
  backPressured = false;
  /** metrics that user functions and connectors make, per operator */
  readonly #scopes: readonly MetricScope[];
  readonly #operators: readonly OperatorSpec[];
  readonly task = new MetricScope();
  readonly #totals: readonly {
    readonly name: string;
    readonly read: () => number;
    readonly rate: MeterView;
  }[];
  #busyMs = 0;
  #backPressuredMs = 0;
  #backPressuredSince = 0;
  readonly #startedAt = performance.now();
  #last = { at: 0, busy: 0, backPressured: 0 };

  constructor(operators: readonly OperatorSpec[]) {
    this.#operators = operators;
    this.#scopes = operators.map(() => new MetricScope());
    this.#totals = [
      total('numRecordsIn', () => this.recordsIn),
      total('numRecordsOut', () => this.recordsOut),
      total('numBytesIn', () => this.bytesIn),
      total('numBytesOut', () => this.bytesOut),
      total('numBuffersOut', () => this.buffersOut),
    ];
    this.#last.at = this.#startedAt;
  }

  operatorScope(operator: number): MetricScope {
    return this.#scopes[operator]!;
  }

  addBusy(ms: number): void {
    this.#busyMs += ms;
  }

  setBackPressured(backPressured: boolean): void {
    if (backPressured === this.backPressured) return;
    this.backPressured = backPressured;
    const now = performance.now();
    if (backPressured) this.#backPressuredSince = now;
    else this.#backPressuredMs += now - this.#backPressuredSince;
  }

  /** @param isSource the first operator is a source, which counts what it reads as output too */
  read(
    wallClock: number,
    isSource: boolean,
  ): {
    readonly values: Readonly<Record<string, MetricValue>>;
    readonly operators: Readonly<Record<string, Readonly<Record<string, MetricValue>>>>;
  } {
    const now = performance.now();
    const backPressured = this.#backPressuredMs + (this.backPressured ? now - this.#backPressuredSince : 0);
    const elapsed = Math.max(now - this.#last.at, 1);
    const perSecond = (ms: number): number => Math.min(1000, Math.max(0, Math.round((ms * 1000) / elapsed)));
    const busyRate = perSecond(this.#busyMs - this.#last.busy);
    const backPressuredRate = Math.min(1000 - busyRate, perSecond(backPressured - this.#last.backPressured));
    this.#last = { at: now, busy: this.#busyMs, backPressured };
    const totals: Record<string, number> = {};
    for (const { name, read, rate } of this.#totals) {
      rate.tick(wallClock);
      totals[name] = read();
      totals[`${name}PerSecond`] = rate.rate;
    }
    const operators: Record<string, Readonly<Record<string, MetricValue>>> = {};
    this.#operators.forEach((operator, i) => {
      const own = this.#scopes[i]!.read(wallClock);
      operators[operator.uid] = i === 0 ? { ...own, ...headTotals(totals, isSource) } : own;
    });
    return {
      values: {
        ...totals,
        currentInputWatermark: this.inputWatermark,
        currentOutputWatermark: this.outputWatermark,
        isBackPressured: this.backPressured,
        busyTimeMsPerSecond: busyRate,
        backPressuredTimeMsPerSecond: backPressuredRate,
        idleTimeMsPerSecond: 1000 - busyRate - backPressuredRate,
        accumulateBusyTimeMs: Math.round(this.#busyMs),
        accumulateBackPressuredTimeMs: Math.round(backPressured),
        accumulateIdleTimeMs: Math.round(Math.max(0, now - this.#startedAt - this.#busyMs - backPressured)),
        'Shuffle.Netty.Input.Buffers.inputQueueLength': this.queuedIn,
        ...this.task.read(wallClock),
      },
      operators,
    };
  }
}

function total(
  name: string,
  read: () => number,
): { readonly name: string; readonly read: () => number; readonly rate: MeterView } {
  const counter = {
    inc: () => {},
    dec: () => {},
    get count(): number {
      return read();
    },
  };
  return { name, read, rate: new MeterView(counter) };
}

/** Operators inside a fused loop count nothing: it would cost them more than some of them do. */
function headTotals(totals: Readonly<Record<string, number>>, isSource: boolean): Record<string, number> {
  const numRecordsIn = totals['numRecordsIn']!;
  const numRecordsInPerSecond = totals['numRecordsInPerSecond']!;
  if (!isSource) return { numRecordsIn, numRecordsInPerSecond };
  return {
    numRecordsIn,
    numRecordsInPerSecond,
    numRecordsOut: numRecordsIn,
    numRecordsOutPerSecond: numRecordsInPerSecond,
  };
}
