import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { batchLayout } from '../../compiler/ir/batch-layout.js';
import type { Schema } from '../../plugins/api/schema.js';
import type { Source } from '../../plugins/api/source.js';
import { CsvFormat } from '../../plugins/csv/index.js';
import { SequenceSource } from '../../plugins/datagen/index.js';
import { FileSource } from '../../plugins/file/index.js';
import { JsonFormat } from '../../plugins/json/index.js';
import { NexmarkSource } from '../../plugins/nexmark/index.js';
import { SocketTextSource } from '../../plugins/socket/index.js';
import { TextFormat } from '../../plugins/text/index.js';
import { csvCompiler } from '../../plugins/csv/compile.js';
import { jsonCompiler } from '../../plugins/json/compile.js';
import { sourceConformance, type SourceConformance } from '../conformance/source-suite.js';
import { testFolder } from './files.js';
import { generatedDecoder } from './generated-decoder.js';

const line: Schema = { kind: 'string' };
const number: Schema = { kind: 'float64' };
const trip: Schema = {
  kind: 'struct',
  fields: [
    { name: 'id', schema: { kind: 'int32' }, optional: false },
    { name: 'place', schema: { kind: 'string' }, optional: false },
  ],
};
const of = (source: Source<never>, schema: Schema, expected: readonly unknown[]): SourceConformance => ({
  source,
  schema,
  layout: batchLayout(schema, 'all'),
  expected,
});
const count = 90;
const texts = Array.from({ length: count }, (_, i) => `line ${i}${i % 17 === 0 ? ' é'.repeat(i) : ''}`);
const trips = texts.map((place, id) => ({ id, place }));

sourceConformance('files: text in small splits', () => {
  const folder = testFolder();
  folder.write('a.txt', texts.slice(0, 50).join('\n'));
  folder.write('deep/b.txt', `${texts.slice(50).join('\r\n')}\r\n`);
  folder.write('empty.txt', '');
  const source = new FileSource({ path: folder.path, format: new TextFormat(), splitBytes: 100 });
  return { ...of(source as never, line, texts), release: () => folder.remove() };
}).run();

sourceConformance('files: gzip', () => {
  const folder = testFolder();
  folder.write('a.gz', gzipSync(texts.slice(0, 50).join('\n')));
  folder.write(
    'b.gz',
    Buffer.concat([gzipSync(`${texts.slice(50, 75).join('\n')}\n`), gzipSync(texts.slice(75).join('\n'))]),
  );
  const source = new FileSource({ path: folder.path, format: new TextFormat() });
  return { ...of(source as never, line, texts), release: () => folder.remove() };
}).run();

for (const generated of [false, true]) {
  const kind = generated ? 'generated' : 'generic';
  for (const header of [false, true])
    sourceConformance(
      `files: csv ${header ? 'with header' : 'without header'}, ${kind} decoder`,
      async () => {
        const folder = testFolder();
        const rows = trips.map(({ id, place }) => `"${place}",x,${id}\n`).join('');
        folder.write('trips.csv', header ? `place,other,id\n${rows}` : rows);
        const options = header ? { header } : { columns: ['place', 'other', 'id'] };
        const format = new CsvFormat<{ id: number; place: string }>(options);
        const source = new FileSource({ path: folder.path, format, splitBytes: 200 });
        const fixture = of(source as never, trip, trips);
        return {
          ...fixture,
          release: () => folder.remove(),
          ...(generated
            ? { decoder: await generatedDecoder(csvCompiler, trip, fixture.layout, [options]) }
            : {}),
        };
      },
    ).run();
  sourceConformance(`files: json lines, ${kind} decoder`, async () => {
    const folder = testFolder();
    folder.write('trips.json', trips.map(t => JSON.stringify(t)).join('\n\n'));
    const source = new FileSource({ path: folder.path, format: new JsonFormat(), splitBytes: 200 });
    const fixture = of(source as never, trip, trips);
    return {
      ...fixture,
      release: () => folder.remove(),
      ...(generated ? { decoder: await generatedDecoder(jsonCompiler, trip, fixture.layout, []) } : {}),
    };
  }).run();
}

sourceConformance('files: watching', () => {
  const folder = testFolder();
  folder.write('a.txt', texts.join('\n'));
  const source = new FileSource({ path: folder.path, format: new TextFormat(), monitorInterval: 10 });
  return { ...of(source as never, line, texts), release: () => folder.remove() };
}).run();

sourceConformance('files: nothing there', () => {
  const folder = testFolder();
  const source = new FileSource({ path: folder.path, format: new TextFormat() });
  return { ...of(source as never, line, []), release: () => folder.remove() };
}).run();

const numbers = Array.from({ length: 1003 }, (_, i) => i - 3);
sourceConformance('sequence', () => of(new SequenceSource(-3, 999) as never, number, numbers)).run();
sourceConformance('sequence of one', () => of(new SequenceSource(5, 5) as never, number, [5])).run();
sourceConformance('sequence without end', () =>
  of(new SequenceSource(-3, null) as never, number, numbers.slice(0, 50)),
).run();

const event: Schema = {
  kind: 'struct',
  fields: [{ name: 'event_type', schema: { kind: 'int32' }, optional: false }],
};
sourceConformance('nexmark', () => {
  const kinds = Array.from({ length: 5003 }, (_, i) => ({
    event_type: i % 50 === 0 ? 0 : i % 50 < 4 ? 1 : 2,
  }));
  return of(new NexmarkSource({ events: 5003 }) as never, event, kinds);
}).run();

sourceConformance('socket', async () => {
  const server = createServer(socket => socket.end(texts.join('\n')));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...of(new SocketTextSource('127.0.0.1', port) as never, line, texts),
    volatile: true,
    release: () => void server.close(),
  };
}).run();
