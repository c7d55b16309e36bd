/** The two-task job of most tests: numbers, dealt round robin to sinks that report. */
import type { EmbeddedOptions, JobHandle } from '../../runtime/embedded/index.js';
import { runEmbedded } from '../../runtime/embedded/index.js';
import { writeArtifact, type TestJob } from './artifact.js';
import { numberLayout } from './modules/layouts.js';

export const numbersJob: TestJob = {
  tasks: [
    { module: 'number-source', uid: 'numbers', source: 'BOUNDED' },
    { module: 'number-sink', uid: 'sink' },
  ],
  exchanges: [{ from: 0, to: 1, partition: 'rebalance', layout: numberLayout }],
};

/** Runs `use` with a job on a temporary artifact, which is removed afterwards. */
export async function withJob<R>(
  job: TestJob,
  options: Omit<EmbeddedOptions, 'artifactDir'>,
  use: (handle: JobHandle) => Promise<R>,
): Promise<R> {
  const artifact = writeArtifact(job);
  try {
    const handle = await runEmbedded({ ...options, artifactDir: artifact.dir });
    try {
      return await use(handle);
    } finally {
      await handle.cancel();
    }
  } finally {
    artifact.remove();
  }
}
