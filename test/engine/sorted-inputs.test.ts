import { readdirSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Batch } from '../../plugins/api/batch.js';
import type { InputSpec } from '../../runtime/contract/task.js';
import { SortedInputs } from '../../runtime/taskmanager/sorted-inputs.js';
import { countLayout, numberCodec, numberLayout, stringKey } from './modules/layouts.js';

const words: InputSpec = { layout: countLayout, codecs: {}, key: { column: 0, type: stringKey } };
const numbers: InputSpec = {
  layout: numberLayout,
  codecs: {},
  key: { column: 0, type: { schema: { kind: 'float64' }, codec: numberCodec as never } },
};

function wordBatch(rows: readonly (readonly [string, number, number])[]): Batch {
  const batch = new Batch(countLayout, Math.max(rows.length, 1));
  rows.forEach(([word, count, timestamp], i) => {
    (batch.columns[0] as string[])[i] = word;
    (batch.columns[1] as Float64Array)[i] = count;
    batch.timestamps[i] = timestamp;
  });
  batch.length = rows.length;
  return batch;
}
function drain(sorted: SortedInputs): string[] {
  const seen: string[] = [];
  for (let piece = sorted.next(); piece; piece = sorted.next()) {
    if (piece.kind === 'keyEnd') seen.push('|');
    else
      for (let i = 0; i < piece.batch.length; i++)
        seen.push(piece.batch.columns.map(column => column[i]).join(':'));
  }
  return seen;
}

test('§3.12 rows come key by key, within a key by timestamp, then by arrival', () => {
  const sorted = new SortedInputs([words], { memoryBytes: 1e9, tmpDir: tmpdir(), batchRows: 4 });
  sorted.add(
    0,
    wordBatch([
      ['b', 1, 9],
      ['a', 2, 5],
      ['b', 3, 1],
    ]),
  );
  sorted.add(
    0,
    wordBatch([
      ['a', 4, 3],
      ['b', 5, 1],
    ]),
  );
  assert.equal(drain(sorted), ['a:4', 'a:2', '|', 'b:3', 'b:5', 'b:1', '|']);
});

test('runs are merged before there are many, and equal rows keep their order', () => {
  const dir = mkdtempSync(join(tmpdir(), 'flinkc-test-'));
  try {
    const inMemory = new SortedInputs([words], { memoryBytes: 1e9, tmpDir: dir, batchRows: 8 });
    const spilled = new SortedInputs([words], { memoryBytes: 1, tmpDir: dir, batchRows: 8 });
    let most = 0;
    for (let n = 0; n < 1100; n++) {
      const rows = [
        [`w${(n * 31) % 7}`, n, n % 3],
        [`w${(n * 17) % 5}`, -n, 1],
      ] as const;
      inMemory.add(0, wordBatch(rows));
      spilled.add(0, wordBatch(rows));
      if (n % 25 === 0) most = Math.max(most, readdirSync(dir).length);
    }
    assert.ok(most > 30 && most < 3 * 32, `${most} runs`);
    assert.equal(drain(spilled), drain(inMemory));
    spilled.close();
    assert.equal(readdirSync(dir), []);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('what does not fit in memory goes through temporary files, with the same result, and they are removed', () => {
  const dir = mkdtempSync(join(tmpdir(), 'flinkc-test-'));
  try {
    const inMemory = new SortedInputs([words], { memoryBytes: 1e9, tmpDir: dir, batchRows: 8 });
    const spilled = new SortedInputs([words], { memoryBytes: 2000, tmpDir: dir, batchRows: 8 });
    for (let n = 0; n < 60; n++) {
      const rows = Array.from(
        { length: 7 },
        (_, i) => [`w${(n * 31 + i * 17) % 23}`, n * 7 + i, (n * 13 + i) % 11] as const,
      );
      inMemory.add(0, wordBatch(rows));
      spilled.add(0, wordBatch(rows));
    }
    assert.ok(readdirSync(dir).length > 3);
    const expected = drain(inMemory);
    assert.is(expected.length, 420 + 23);
    assert.equal(drain(spilled), expected);
    inMemory.close();
    spilled.close();
    assert.equal(readdirSync(dir), []);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('two keyed inputs: both sides of a key come before its end', () => {
  const sorted = new SortedInputs([words, words], { memoryBytes: 1e9, tmpDir: tmpdir(), batchRows: 4 });
  sorted.add(
    1,
    wordBatch([
      ['b', 1, 0],
      ['c', 2, 0],
    ]),
  );
  sorted.add(
    0,
    wordBatch([
      ['a', 3, 0],
      ['b', 4, 0],
    ]),
  );
  assert.equal(drain(sorted), ['a:3', '|', 'b:4', 'b:1', '|', 'c:2', '|']);
});

test('NaN is a key of its own', () => {
  const sorted = new SortedInputs([numbers], { memoryBytes: 1e9, tmpDir: tmpdir(), batchRows: 4 });
  const batch = new Batch(numberLayout, 4);
  (batch.columns[0] as Float64Array).set([NaN, 1, NaN, Infinity]);
  batch.length = 4;
  sorted.add(0, batch);
  assert.equal(drain(sorted), ['1', '|', 'Infinity', '|', 'NaN', 'NaN', '|']);
});

test('no input, no key', () => {
  const sorted = new SortedInputs([words], { memoryBytes: 1e9, tmpDir: tmpdir(), batchRows: 4 });
  assert.equal(drain(sorted), []);
});

test.run();
