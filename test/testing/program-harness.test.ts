import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openProgram } from '../../runtime/testing/index.js';
import { writeArtifact } from '../engine/artifact.js';
import { countLayout } from '../engine/modules/layouts.js';

const wordCount = () =>
  writeArtifact({
    tasks: [
      { module: 'word-source', uid: 'words', source: 'BOUNDED' },
      { module: 'word-count', uid: 'count' },
    ],
    exchanges: [{ from: 0, to: 1, partition: 'hash', layout: countLayout }],
  });

test('a program runs on the records of the test and its sinks are looked at', async () => {
  const artifact = wordCount();
  try {
    const program = await openProgram({ artifactDir: artifact.dir, params: { count: '0' } });
    program.source('words').sendAll([1, 2, 11, 21]);
    await program.settle();
    assert.equal(program.values('count'), []);
    await program.finish();
    const byWord = (a: { word: string }, b: { word: string }): number => (a.word < b.word ? -1 : 1);
    assert.equal([...program.values<{ word: string; count: number }>()].sort(byWord), [
      { word: 'w1', count: 3 },
      { word: 'w2', count: 1 },
    ]);
    await program.close();
  } finally {
    artifact.remove();
  }
});

test('an unknown source is named with those that exist', async () => {
  const artifact = wordCount();
  try {
    const program = await openProgram({ artifactDir: artifact.dir, params: { count: '0' } });
    assert.throws(() => program.source('clicks'), /no source 'clicks'; the program has 'words'/);
    assert.throws(() => program.values('clicks'), /no sink 'clicks'; the program has 'count'/);
    assert.is(program.source('words'), program.source());
    await program.close();
  } finally {
    artifact.remove();
  }
});

test.run();
