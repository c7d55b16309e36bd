import { WatermarkStrategy, type DataStream, type StreamExecutionEnvironment } from 'flinkc';
import { HeldNumbers } from './held-numbers.js';

export interface Reading {
  readonly sensor: string;
  readonly index: number;
  readonly time: number;
  readonly value: number;
}

/** A fifth of the sensors send five times as often as the rest. */
function sensorOf(index: number): string {
  const hash = (index * 2654435761) % 4294967296;
  return hash % 2 === 0 ? `sensor-${hash % 10}` : `sensor-with-a-longer-name-${hash % 50}`;
}

/**
 * One subtask, so that the records of a sensor have one order; slow enough that a snapshot finds the job in the middle, and
 * with a last record that comes when the test releases it.
 */
export function readings(env: StreamExecutionEnvironment, name: string): DataStream<Reading> {
  return env
    .fromSource(
      new HeldNumbers(4_000, 16_000, env.param('release', '')),
      // with the records and not with the clock, so that timers fire between the same two records in every run
      WatermarkStrategy.forGenerator<number>(
        () => ({
          onEvent(index, _timestamp, output) {
            if (index % 10 === 9) output.emitWatermark(index * 10);
          },
          onPeriodicEmit() {},
        }),
        index => index * 10,
      ),
      name,
    )
    .setParallelism(1)
    .map((index): Reading => ({
      sensor: sensorOf(index),
      index,
      time: index * 10,
      value: (index * 7919) % 1000,
    }))
    .setParallelism(1);
}
