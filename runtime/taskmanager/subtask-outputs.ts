import type { ChannelEvent } from '../exchange/channel.js';
import type { ChannelGate } from '../exchange/output-gate.js';
import type { OutputDeployment } from './messages.js';
import type { SubtaskTelemetry } from './subtask-telemetry.js';

/** All gates of a subtask, and when what is open in them is sent. */
export class SubtaskOutputs {
  readonly gates: readonly ChannelGate[];
  /** the shortest of all gates that have one, ms; -1: none has */
  readonly bufferTimeoutMs: number;
  readonly #flushedAfterBatch: readonly ChannelGate[];

  constructor(gates: readonly ChannelGate[], outputs: readonly OutputDeployment[]) {
    this.gates = gates;
    const timeouts = outputs.map(output => output.bufferTimeoutMs).filter(timeout => timeout > 0);
    this.bufferTimeoutMs = timeouts.length === 0 ? -1 : Math.min(...timeouts);
    this.#flushedAfterBatch = gates.filter((_, i) => outputs[i]!.bufferTimeoutMs === 0);
  }

  /** False: something found no credit and waits. */
  drain(): boolean {
    let free = true;
    for (const gate of this.gates) if (!gate.drain()) free = false;
    return free;
  }

  flush(): void {
    for (const gate of this.gates) gate.flushAll();
  }

  flushAfterBatch(): void {
    for (const gate of this.#flushedAfterBatch) gate.flushAll();
  }

  /** Rows for receivers in this thread; true when there were some. */
  flushLocal(): boolean {
    let moved = false;
    for (const gate of this.gates) if (gate.flushLocal()) moved = true;
    return moved;
  }

  get hasOpenRows(): boolean {
    return this.gates.some(gate => gate.hasOpenRows);
  }

  broadcast(event: ChannelEvent): void {
    for (const gate of this.gates) gate.broadcast(event);
  }

  countInto(telemetry: SubtaskTelemetry): void {
    telemetry.recordsOut = telemetry.buffersOut = telemetry.bytesOut = 0;
    for (const gate of this.gates) {
      telemetry.recordsOut += gate.records;
      telemetry.buffersOut += gate.batches;
      telemetry.bytesOut += gate.bytes;
    }
  }
}
