/** Wherever a program throws, the job ends at once, and its fault names the operator and a line of the program. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RuntimeFault } from '../../runtime/contract/fault.js';
import { runEmbedded } from '../../runtime/embedded/index.js';
import { buildProgram } from '../compile/build-program.js';

const failures = suite('failing programs');
const artifactDir = mkdtempSync(join(tmpdir(), 'flinkc-failures-'));
failures.after(() => rmSync(artifactDir, { recursive: true, force: true }));

const timeoutMs = 240_000;

async function faultAt(where: string, configuration: Record<string, string> = {}): Promise<RuntimeFault> {
  const job = await runEmbedded({ artifactDir, parallelism: 2, params: { where }, configuration });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>(resolve => {
    timer = setTimeout(resolve, timeoutMs, 'hangs');
  });
  const outcome = await Promise.race([
    job.result.then(
      ({ state }) => state,
      (error: unknown) => error,
    ),
    late,
  ]);
  clearTimeout(timer);
  await job.cancel();
  assert.instance(outcome, RuntimeFault, `the job ${String(outcome)}`);
  return outcome as RuntimeFault;
}

const programs = 'test/engine/programs/';
const line = (file: string, text: string): string =>
  `${programs}${file}:${
    readFileSync(programs + file, 'utf8')
      .split('\n')
      .findIndex(row => row.includes(text)) + 1
  }:`;

failures('without a place to break at, the program ends', async () => {
  await buildProgram(`${programs}failures.ts`, artifactDir);
  const job = await runEmbedded({ artifactDir, parallelism: 2 });
  assert.is((await job.result).state, 'FINISHED');
});

/** place → the operator that is named, and the file that throws */
const places: Readonly<Record<string, readonly [operator: string, file: string]>> = {
  map: ['Map', 'failures.ts'],
  key: ['Map', 'failures.ts'],
  open: ['process', 'failures.ts'],
  'window open': ['window', 'failures.ts'],
  'watermark generator': ['Source: numbers', 'failures.ts'],
  'periodic watermarks': ['Source: numbers', 'failures.ts'],
  processElement: ['process', 'failures.ts'],
  EVENT_TIME: ['process', 'failures.ts'],
  PROCESSING_TIME: ['process', 'failures.ts'],
  close: ['process', 'failures.ts'],
  add: ['window', 'failures.ts'],
  getResult: ['window', 'failures.ts'],
  trigger: ['triggered', 'failures.ts'],
  createWriter: ['breaking sink', 'breaking-sink.ts'],
  write: ['breaking sink', 'breaking-sink.ts'],
  flush: ['breaking sink', 'breaking-sink.ts'],
  prepareCommit: ['breaking sink', 'breaking-sink.ts'],
  commit: ['breaking sink', 'breaking-sink.ts'],
  'writer close': ['breaking sink', 'breaking-sink.ts'],
  createReader: ['Source: numbers', 'breaking-source.ts'],
  pollNext: ['Source: numbers', 'breaking-source.ts'],
  'reader close': ['Source: numbers', 'breaking-source.ts'],
};
for (const [place, [operator, file]] of Object.entries(places))
  failures(`exception at: ${place}`, async () => {
    const fault = await faultAt(place);
    assert.is(fault.code, 'FC5001');
    assert.is(fault.message, `Operator '${operator}' failed: RangeError: broken at ${place}`);
    assert.is(fault.facts['operator'], operator);
    assert.ok(
      fault.facts['at']?.startsWith(line(file, 'throw new RangeError(`broken at')),
      fault.facts['at'],
    );
  });

failures('a request that rejects names the operator and the line', async () => {
  const fault = await faultAt('async');
  assert.is(fault.code, 'FC5203');
  assert.is(fault.facts['operator'], 'lookup');
  assert.ok(fault.facts['at']?.startsWith(line('failures.ts', 'throw new RangeError')));
});

for (const place of ['createEnumerator', 'enumerator start', 'handleSplitRequest'])
  failures(`exception at: ${place}`, async () => {
    const fault = await faultAt(place);
    assert.is(fault.code, 'FC5008');
    assert.match(fault.message, `broken at ${place}`);
    assert.ok(fault.facts['at']?.startsWith(line('breaking-source.ts', 'throw new RangeError(`broken')));
  });

for (const place of ['floating', 'callback'])
  failures(`exception that nobody waits for: ${place}`, async () => {
    const fault = await faultAt(place);
    assert.is(fault.code, 'FC5022');
    assert.match(fault.message, `broken at ${place}`);
    assert.match(fault.facts['at'] ?? '', `${programs}breaking-sink.ts:`);
  });

failures('a thread out of memory fails the job and says what to do', async () => {
  const fault = await faultAt('memory', { 'taskmanager.memory.task.heap.size': '128 mb' });
  assert.is(fault.code, 'FC5003');
  assert.match(fault.message, /^slot \d ran out of memory$/);
  assert.match(fault.fix ?? '', 'taskmanager.memory.task.heap.size');
});

failures.run();
