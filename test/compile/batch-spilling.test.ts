/** BATCH mode with keyed input many times larger than the memory for sorting: sorted runs on disk, the same results. */
import { mkdtempSync, readdirSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeArtifact } from '../../compiler/compile.js';
import { runEmbedded } from '../../runtime/embedded/index.js';
import { compileFiles } from './compile-program.js';

const tests = suite('spilling');
const rows = 30_000;

const program = (pipeline: string): string => `
  import { createEnvironment, seconds, TumblingEventTimeWindows, WatermarkStrategy, type Collector } from 'flinkc';
  import { CollectSink } from 'flinkc/collect';
  interface Visit { readonly user: string; readonly page: number; readonly tags: readonly string[]; readonly time: number }
  const env = createEnvironment();
  const visits = (step: number) => env
    .fromSequence(0, ${rows - 1})
    .map((n): Visit => ({ user: 'user ' + ((n * step) % 97), page: n, tags: ['t' + (n % 3)], time: n * 10 }))
    .assignTimestampsAndWatermarks(WatermarkStrategy.forMonotonousTimestamps<Visit>(v => v.time));
  ${pipeline}
  await env.execute('spilling');
`;

/** Rows of 'out' as sorted JSON, and how many runs were written. */
async function run(
  pipeline: string,
  configuration: Readonly<Record<string, string>>,
): Promise<{ readonly out: readonly string[]; readonly runs: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'flinkc-spilling-'));
  const written = new Set<string>();
  const watcher = watch(folder, (_, name) => void (name && written.add(name)));
  try {
    return await compileFiles({ 'program.ts': program(pipeline) }, async ({ result, messages }, root) => {
      if (!result.output) throw new Error(messages);
      const artifactDir = join(root, 'artifact');
      writeArtifact(result.output.artifact, artifactDir);
      const job = await runEmbedded({
        artifactDir,
        parallelism: 2,
        configuration: { 'io.tmp.dirs': folder, ...configuration },
      });
      const { collected } = await job.result;
      assert.equal(readdirSync(folder), [], 'nothing is left behind');
      const out = (collected['out'] ?? []).map(row => JSON.stringify(row)).sort();
      return { out, runs: written.size };
    });
  } finally {
    watcher.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const pipelines: Readonly<Record<string, string>> = {
  'keyed aggregate': `visits(7).keyBy('user').reduce((a, b) => ({ ...a, page: a.page + b.page, tags: b.tags }))
    .map(v => v.user + v.page + v.tags[0]).sinkTo(new CollectSink('out'));`,
  'window of whole records': `visits(7).keyBy('user').window(TumblingEventTimeWindows.of(seconds(40)))
    .process<string>((user, ctx, elements, out) => {
      const list = [...elements];
      out.collect(user + ctx.window.start + ':' + list.length + list.map(v => v.tags.join()).sort().at(-1)! + Math.min(...list.map(v => v.page)));
    }).sinkTo(new CollectSink('out'));`,
  join: `visits(7).join(visits(11)).where(v => v.user).equalTo(v => v.user)
    .window(TumblingEventTimeWindows.of(seconds(5)))
    .apply((a, b) => a.user + a.page + b.tags[0] + b.page).sinkTo(new CollectSink('out'));`,
};

for (const [name, pipeline] of Object.entries(pipelines))
  tests(name, async () => {
    const batch = { 'execution.runtime-mode': 'BATCH' };
    const roomy = await run(pipeline, batch);
    const tight = await run(pipeline, { ...batch, 'execution.sorted-inputs.memory': '64kb' });
    assert.is(roomy.runs, 0);
    assert.ok(tight.runs >= 20, `${tight.runs} runs`);
    assert.ok(tight.out.length > 90);
    assert.equal(tight.out, roomy.out);
    // rolling results differ between the modes: one per key, one per record
    if (name !== 'keyed aggregate') assert.equal(tight.out, (await run(pipeline, {})).out);
  });

tests.run();
