import type { Schema } from '../../plugins/api/schema.js';
import type { Sink } from '../../plugins/api/sink.js';
import { BlackholeSink } from '../../plugins/blackhole/index.js';
import { CollectSink } from '../../plugins/collect/index.js';
import { FileSink, type FileSinkOptions } from '../../plugins/file/index.js';
import { JsonFormat } from '../../plugins/json/index.js';
import { PrintSink } from '../../plugins/print/index.js';
import { sinkConformance } from '../conformance/sink-suite.js';
import { capture } from './captured-output.js';
import { finishedFiles, testFolder } from './files.js';

interface Row {
  readonly id: number;
  readonly place: string;
}
const schema: Schema = {
  kind: 'struct',
  fields: [
    { name: 'id', schema: { kind: 'int32' }, optional: false },
    { name: 'place', schema: { kind: 'string' }, optional: false },
  ],
};
const records: readonly Row[] = Array.from({ length: 21 }, (_, id) => ({ id, place: 'é'.repeat(id % 4) }));

const variants: Readonly<Record<string, Partial<FileSinkOptions<Row>>>> = {
  'one bucket': { bucket: () => '' },
  'buckets by field': { bucket: row => `place=${row.place.length}` },
  'small parts': { bucket: () => '', rolling: { maxPartBytes: 40 } },
  'parts per checkpoint': { rolling: { onCheckpoint: true } },
};
for (const [name, options] of Object.entries(variants))
  sinkConformance(`files, ${name}`, () => {
    const folder = testFolder();
    const sink = new FileSink<Row>({ path: `${folder.path}/out/`, format: new JsonFormat(), ...options });
    return {
      sink: sink as Sink<never>,
      schema,
      records,
      twoPhase: true,
      visible: () =>
        finishedFiles(`${folder.path}/out`).flatMap(file =>
          file.content
            .split('\n')
            .slice(0, -1)
            .map(line => JSON.parse(line) as unknown),
        ),
      release: () => folder.remove(),
    };
  }).run();

sinkConformance('collect', () => ({
  sink: new CollectSink<Row>('rows') as Sink<never>,
  schema,
  records,
  twoPhase: false,
  visible: run => run.sent.get('rows') ?? [],
})).run();

sinkConformance('blackhole', () => ({
  sink: new BlackholeSink<Row>() as Sink<never>,
  schema,
  records,
  twoPhase: false,
  visible: null,
})).run();

sinkConformance('print', () => {
  const output = capture();
  return {
    sink: new PrintSink<Row>() as Sink<never>,
    schema,
    records,
    twoPhase: false,
    visible: () =>
      output.text
        .split('\n')
        .slice(0, -1)
        .map(line => JSON.parse(line.replace(/^\d> /, '')) as unknown),
    release: () => output.restore(),
  };
}).run();
