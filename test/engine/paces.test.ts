import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runEmbedded, type JobProgress } from '../../runtime/embedded/index.js';
import { buildProgram } from '../compile/build-program.js';

const paces = suite('sources at different paces');
const artifactDir = mkdtempSync(join(tmpdir(), 'flinkc-paces-'));
paces.after(() => rmSync(artifactDir, { recursive: true, force: true }));

paces.before(async () => {
  await buildProgram('test/engine/programs/paces.ts', artifactDir);
});

/** Of a source that was far ahead, because whoever stops it stood still, it takes some until the other has caught up. */
const mostLooks = 2_000;

async function runUntil(
  enough: (progress: JobProgress, windows: ReadonlyMap<string, number>) => boolean,
): Promise<ReadonlyMap<string, number>> {
  const stop = new AbortController();
  const windows = new Map<string, number>();
  const job = await runEmbedded({
    artifactDir,
    signal: stop.signal,
    configuration: {
      'pipeline.auto-watermark-interval': '10 ms',
      'metrics.fetcher.update-interval': '50 ms',
    },
    onProgress: progress => enough(progress, windows) && stop.abort(),
    onRecords: (id, records) => void windows.set(id, (windows.get(id) ?? 0) + records.length),
  });
  await job.result;
  return windows;
}

paces('§2.5 a source ahead of its group waits for the slowest, and goes on when that one does', async () => {
  const drifts: number[] = [];
  // Left alone it would gain on the slow one with every look. Stopped it loses; what its rate allows it then, it reads
  // at once when it goes on.
  const gains = (): readonly number[] => drifts.slice(1).map((drift, i) => drift - drifts[i]!);
  const stops = (): number => gains().filter((gain, i) => gain < 0 && drifts[i]! > 500).length;
  const goesOn = (): boolean => {
    const stopped = gains().findIndex((gain, i) => gain < 0 && drifts[i]! > 500);
    return stopped >= 0 && gains().some((gain, i) => i > stopped && gain > 100);
  };
  await runUntil(({ tasks }) => {
    const [ahead, behind] = ['fast', 'slow'].map(name => {
      const task = tasks.find(candidate => candidate.name.includes(`: ${name} `))!;
      return Number(task.subtasks[0]?.values['currentOutputWatermark'] ?? 0);
    });
    // A look at the same figures is none.
    const drift = ahead! - behind!;
    if (behind! > 0 && drift !== drifts.at(-1)) drifts.push(drift);
    return (stops() >= 20 && goesOn()) || drifts.length >= mostLooks;
  });
  assert.ok(stops() >= 20, `it was hardly stopped: ${drifts.join()}`);
  assert.ok(goesOn(), `it never went on: ${drifts.join()}`);
});

paces('§2.4 a silent input that is idle does not hold back windows, one that is not does', async () => {
  const windows = await runUntil((_, fired) => (fired.get('idle') ?? 0) >= 3);
  assert.is(windows.get('waiting'), undefined);
});

paces.run();
