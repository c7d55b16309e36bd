import type { StreamExecutionEnvironment } from 'flinkc';
import { FileSink } from 'flinkc/file';
import { JsonFormat } from 'flinkc/json';

/**
 * Lines in the folder that a parameter names. `open`: files stay open across checkpoints, so that a restore has to go on inside
 * one; else every checkpoint closes them.
 */
export function linesIn<T>(env: StreamExecutionEnvironment, parameter: string, open = false): FileSink<T> {
  return new FileSink<T>({
    path: env.param(parameter),
    format: new JsonFormat<T>(),
    bucket: () => '',
    rolling: open ? { maxPartBytes: 65_536 } : { onCheckpoint: true },
  });
}
