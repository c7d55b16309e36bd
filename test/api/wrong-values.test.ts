/** What functions of a program give or throw that no type could keep out: the job fails and says so, at the record. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { writeArtifact } from '../../compiler/compile.js';
import { RuntimeFault } from '../../runtime/contract/fault.js';
import { runEmbedded } from '../../runtime/embedded/index.js';
import { compileFiles } from '../compile/compile-program.js';

async function faultOf(program: string, data = ''): Promise<RuntimeFault> {
  return compileFiles({ 'program.ts': program, 'data.csv': data }, async (compiled, root) => {
    assert.ok(compiled.result.output, compiled.messages);
    writeArtifact(compiled.result.output.artifact, `${root}/artifact`);
    const params = { input: `${root}/data.csv` };
    const job = await runEmbedded({ artifactDir: `${root}/artifact`, parallelism: 1, params });
    const fault: unknown = await job.result.then(
      () => null,
      (error: unknown) => error,
    );
    assert.instance(fault, RuntimeFault);
    return fault as RuntimeFault;
  });
}

const windows = "import { createEnvironment, TumblingEventTimeWindows, WatermarkStrategy } from 'flinkc';";

test('§2.4 a timestamp that is no time fails the job, not the windows', async () => {
  const fault = await faultOf(`${windows}
const env = createEnvironment();
env
  .fromData({ at: '2026-01-01', n: 1 }, { at: 'yesterday', n: 2 })
  .assignTimestampsAndWatermarks(WatermarkStrategy.forMonotonousTimestamps(r => Date.parse(r.at)))
  .windowAll(TumblingEventTimeWindows.of(1000))
  .sum('n')
  .print();
await env.execute();
`);
  assert.is(fault.code, 'FC5258');
  assert.is(fault.message, 'The timestamp assigner returned NaN, which is no time.');
  assert.match(fault.facts['record'] ?? '', 'yesterday');
});

for (const assigner of ['r => Date.parse(r.at)', 'r => { const t = Date.parse(r.at); return t; }'])
  test(`§2.4 a source's timestamp that is no time fails the job: ${assigner}`, async () => {
    const program = `${windows}
import { CsvFormat } from 'flinkc/csv';
import { FileSource } from 'flinkc/file';
const env = createEnvironment();
const source = new FileSource<{ at: string; n: number }>({ path: env.param('input'), format: new CsvFormat({ header: true }) });
env
  .fromSource(source, WatermarkStrategy.forMonotonousTimestamps(${assigner}), 'rows')
  .windowAll(TumblingEventTimeWindows.of(1000))
  .sum('n')
  .print();
await env.execute();
`;
    const fault = await faultOf(program, 'at,n\n2026-01-01,1\nyesterday,2\n');
    assert.is(fault.code, 'FC5258');
    assert.match(fault.facts['record'] ?? '', 'data.csv:3');
  });

test('what a function throws is told, also when it is no error', async () => {
  const fault = await faultOf(`
import { createEnvironment } from 'flinkc';
const env = createEnvironment();
env.fromData(1, 2).map(n => { if (n === 2) throw { status: 404, of: ['x'] }; return n; }).print();
await env.execute();
`);
  assert.is(fault.message, "Operator 'Map' failed: { status: 404, of: [ 'x' ] }");
});

test.run();
