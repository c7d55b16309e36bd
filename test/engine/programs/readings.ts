import {
  DataGeneratorSource,
  WatermarkStrategy,
  type DataStream,
  type StreamExecutionEnvironment,
} from 'flinkc';

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
 * One subtask, so that the records of a sensor have one order; slow enough that a snapshot finds the job in the middle.
 */
export function readings(env: StreamExecutionEnvironment, name: string): DataStream<Reading> {
  return env
    .fromSource(
      new DataGeneratorSource(
        (index): Reading => ({
          sensor: sensorOf(index),
          index,
          time: index * 10,
          value: (index * 7919) % 1000,
        }),
        4_000,
        16_000,
      ),
      // with the records and not with the clock, so that timers fire between the same two records in every run
      WatermarkStrategy.forGenerator<Reading>(
        () => ({
          onEvent({ index, time }, _timestamp, output) {
            if (index % 10 === 9) output.emitWatermark(time);
          },
          onPeriodicEmit() {},
        }),
        reading => reading.time,
      ),
      name,
    )
    .setParallelism(1);
}
