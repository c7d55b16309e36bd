/** flatMap with one `out.collect(…)` is pasted around the rest of the chain. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runProgram } from './compile-program.js';

const program = (pipeline: string): string => `
  import { createEnvironment, type Collector } from 'flinkc';
  import { CollectSink } from 'flinkc/collect';
  interface Line { readonly text: string; readonly n: number }
  const env = createEnvironment();
  const lines = env.fromCollection<Line>([
    { text: 'to be or', n: 1 },
    { text: '', n: 2 },
    { text: 'not to be', n: 3 },
  ]);
  ${pipeline}
  await env.execute('flat map');
`;

test('a loop over parts of the record, with a filter behind it', async () => {
  const { out, code } = await runProgram(
    program(`lines
      .flatMap((line, out: Collector<{ word: string; at: number }>) => {
        for (const word of line.text.split(' ')) {
          if (word === '') continue;
          out.collect({ word, at: line.n });
        }
      })
      .filter(w => w.word !== 'or')
      .map(w => w.word + w.at)
      .sinkTo(new CollectSink('out'));`),
  );
  assert.equal(out, ['to1', 'be1', 'not3', 'to3', 'be3']);
  assert.not.match(code, 'collector');
});

test('return ends the record only', async () => {
  const { out } = await runProgram(
    program(`lines
      .flatMap((line, out: Collector<number>) => {
        if (line.n === 2) return;
        const size = line.text.length;
        if (size > 8) out.collect(size);
        else return;
      })
      .map(n => n * 2)
      .sinkTo(new CollectSink('out'));`),
  );
  assert.equal(out, [18]);
});

test('emitting in one branch of a condition', async () => {
  const { out, code } = await runProgram(
    program(`
      const words: string[] = [];
      lines
      .flatMap((line, out: Collector<string>) => {
        let seen = 0;
        if (line.n > 1) out.collect(line.text);
        else seen++;
        for (const w of [line.text]) if (seen > 9) throw new Error(w);
      })
      .filter(text => text !== '')
      .map(text => text.toUpperCase())
      .sinkTo(new CollectSink('out'));`),
  );
  assert.equal(out, ['NOT TO BE']);
  assert.not.match(code, 'collector');
});

test('several flatMaps after each other, with equal names', async () => {
  const { out } = await runProgram(
    program(`
      const split = (separator: string) => (line: string, out: Collector<string>) => {
        for (const part of line.split(separator)) out.collect(part);
      };
      lines.map(line => line.text).flatMap(split(' ')).flatMap(split('o')).sinkTo(new CollectSink('out'));`),
  );
  assert.equal(out, ['t', '', 'be', '', 'r', '', 'n', 't', 't', '', 'be']);
});

test('several places that emit, callbacks and returned iterables still work', async () => {
  const { out } = await runProgram(
    program(`
      lines
        .flatMap((line, out: Collector<number>) => {
          out.collect(line.n);
          out.collect(-line.n);
        })
        .flatMap((n, out: Collector<number>) => [1, 2].forEach(k => out.collect(n * k)))
        .flatMap(n => (n > 0 ? [n] : []))
        .sinkTo(new CollectSink('out'));`),
  );
  assert.equal(out, [1, 2, 2, 4, 3, 6]);
});

test('one branch of several', async () => {
  const { out } = await runProgram(
    program(`
      const big = lines.filter(line => line.n > 0);
      big.flatMap((line, out: Collector<number>) => {
        for (let k = 0; k < line.n; k++) out.collect(k);
      }).filter(k => k > 0).sinkTo(new CollectSink('out'));
      big.map(line => line.text).sinkTo(new CollectSink('texts'));`),
  );
  assert.equal(out, [1, 1, 2]);
});

test.run();
