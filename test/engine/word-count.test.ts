import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runEmbedded } from '../../runtime/embedded/index.js';
import { writeArtifact } from './artifact.js';
import { countLayout } from './modules/layouts.js';

interface Count {
  readonly word: string;
  readonly count: number;
}
const expected = Array.from({ length: 10 }, (_, i) => ({ word: `w${i}`, count: 2000 }));
const byWord = (a: Count, b: Count): number => (a.word < b.word ? -1 : 1);

for (const runtimeMode of ['STREAMING', 'BATCH'] as const)
  for (const parallelism of [1, 2, 4])
    test(`word count through a hash exchange, ${runtimeMode}, parallelism ${parallelism}`, async () => {
      const artifact = writeArtifact({
        runtimeMode,
        tasks: [
          { module: 'word-source', uid: 'words', source: 'BOUNDED' },
          { module: 'word-count', uid: 'count' },
        ],
        exchanges: [{ from: 0, to: 1, partition: 'hash', layout: countLayout }],
      });
      try {
        const job = await runEmbedded({ artifactDir: artifact.dir, parallelism, params: { count: '20000' } });
        const result = await job.result;
        assert.is(result.state, 'FINISHED');
        assert.equal([...(result.collected['counts'] as Count[])].sort(byWord), expected);
      } finally {
        artifact.remove();
      }
    });

test.run();
