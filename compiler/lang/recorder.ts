/** Access to the recorder that stages the program. The only module of the API that knows it is global. */
import { recorderKey, type Recorder, type RecordedEdge, type RecordedOp } from './recording.js';

export function recorder(): Recorder {
  const installed = (globalThis as { [recorderKey]?: Recorder })[recorderKey];
  if (installed === undefined) {
    throw new Error(
      'Streams can only be built while flinkc stages the program: use `flinkc run` or `flinkc build`, or flinkc/testing.',
    );
  }
  return installed;
}

/** First statement of every API method: nested calls would overwrite the site. */
export function takeSite(): string | null {
  return recorder().takeSite();
}

export function edgeTo(op: RecordedOp): RecordedEdge {
  return { from: op, sideOutput: null, partition: { kind: 'auto' } };
}
