/** flatMap functions are pasted around the rest of the chain, or around calls of it. */
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

test('several places that emit call the rest of the chain with the fields that are read', async () => {
  const { out, code } = await runProgram(
    program(`
      interface Part { readonly kind: 'word' | 'size'; readonly word?: string; readonly n: number; readonly unread: string }
      lines
        .flatMap((line, out: Collector<Part>) => {
          if (line.text === '') {
            out.collect({ kind: 'size', n: 0, unread: line.text });
            return;
          }
          for (const word of line.text.split(' ')) {
            if (word.length > 2) out.collect({ kind: 'word', word, n: line.n, unread: line.text });
            else if (word === 'or') continue;
            else out.collect({ kind: 'size', n: word.length, unread: '' });
          }
        })
        .filter(part => part.n !== 1)
        .map(part => part.kind + (part.word ?? '-') + part.n)
        .sinkTo(new CollectSink('out'));`),
  );
  assert.equal(out, ['size-2', 'size-2', 'size-0', 'wordnot3', 'size-2', 'size-2']);
  assert.not.match(code, 'collector');
  const parameters = /function after\d+\(([^)]*)\)/.exec(code)![1]!;
  assert.equal(
    parameters.split(', ').map(parameter => parameter.split(':')[0]!.replace(/\d+$/, '')),
    ['kind', 'n', 'word', 'ts'],
  );
});

test('several places that emit whole records', async () => {
  const { out, code } = await runProgram(
    program(`
      lines
        .flatMap((line, out: Collector<Line>) => {
          if (line.n === 2) return;
          out.collect(line);
          const copy = { ...line, n: line.n * 10 };
          out.collect(copy);
          if (line.n === 3) out.collect({ ...line, text: 'end' });
        })
        .sinkTo(new CollectSink('out'));`),
  );
  assert.equal(
    out.map(line => ({ n: (line as { n: number }).n, text: (line as { text: string }).text })),
    [
      { n: 1, text: 'to be or' },
      { n: 10, text: 'to be or' },
      { n: 3, text: 'not to be' },
      { n: 30, text: 'not to be' },
      { n: 3, text: 'end' },
    ],
  );
  assert.not.match(code, 'collector');
});

test('what the rest of the chain throws names its operator and the record', async () => {
  const text = program(`
    lines
      .flatMap((line, out: Collector<number>) => {
        out.collect(line.n);
        out.collect(-line.n);
      })
      .map(n => { if (n === -3) throw new Error('no three'); return n; })
      .name('checked')
      .sinkTo(new CollectSink('out'));`);
  await runProgram(text).then(
    () => assert.unreachable(),
    (error: Error) => {
      assert.match(error.message, 'no three');
      assert.match(error.message, 'checked');
    },
  );
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
