/** Artifacts bundle parts of this package: they must not drag the recording API along. */
import { build } from 'esbuild';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

async function bundled(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    format: 'esm',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}

test('a class of the artifact comes alone', async () => {
  const code = await bundled(
    `import { CountTrigger } from '../../compiler/lang/index.js'; console.log(CountTrigger.of(3));`,
  );
  assert.match(code, 'CountTrigger needs a count');
  assert.not.match(code, 'takeSite');
  assert.not.match(code, 'DeltaTrigger');
});

test('importing the package leaves nothing behind', async () => {
  assert.is((await bundled(`import '../../compiler/lang/index.js';`)).trim(), '');
});

test.run();
