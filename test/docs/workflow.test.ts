/** The CI workflows in the documentation are well formed, and their flinkc steps work: on a project like the reader's. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { Project } from '../cli/project.js';
import { readDocument } from './markdown.js';

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly if?: string;
}
interface Workflow {
  readonly name: string;
  readonly on: Readonly<Record<string, unknown>>;
  readonly jobs: Readonly<Record<string, { readonly 'runs-on': string; readonly steps: readonly Step[] }>>;
}

const workflows = readDocument('docs/state-evolution.md')
  .blocks.filter(block => block.info === 'yaml workflow')
  .map(block => parse(block.text, { strict: true, uniqueKeys: true }) as Workflow);

const program = (total: string): string => `
import { createEnvironment } from 'flinkc';
const env = createEnvironment();
env.fromData<{ key: string; ${total} }>().keyBy('key').reduce((a, _) => a).uid('totals').print();
await env.execute('totals');
`;

test('the workflow is one: triggers, jobs, steps that use or run something', () => {
  assert.is(workflows.length, 1);
  for (const { name, on, jobs, ...rest } of workflows) {
    assert.equal(rest, {});
    assert.type(name, 'string');
    for (const trigger of Object.keys(on)) assert.ok(['push', 'pull_request'].includes(trigger), trigger);
    for (const { 'runs-on': runner, steps, ...more } of Object.values(jobs)) {
      assert.equal(more, {});
      assert.is(runner, 'ubuntu-latest');
      for (const step of steps) {
        assert.is([step.uses, step.run].filter(part => part !== undefined).length, 1, JSON.stringify(step));
        if (step.uses !== undefined) assert.match(step.uses, /^[\w-]+\/[\w-]+@v\d+$/);
        const known = ['name', 'uses', 'run', 'with', 'env', 'if'];
        assert.equal(
          Object.keys(step).filter(key => !known.includes(key)),
          [],
        );
      }
    }
  }
});

test('its flinkc steps pass when the state fits, and fail when it does not', async () => {
  const project = new Project({ 'program.ts': program('total: number') });
  try {
    assert.is((await project.flinkc(['build', 'program.ts', '-o', 'deployed.zip'])).code, 0);
    assert.equal(await codes(project), [0, 0, 0]);
    project.write({ 'program.ts': program('total: number; unit?: string') });
    assert.is((await project.flinkc(['build', 'program.ts', '-o', 'job.zip'])).code, 0);
    assert.equal(await codes(project), [0, 0, 0]);
    project.write({ 'program.ts': program('total: string') });
    assert.is((await project.flinkc(['build', 'program.ts', '-o', 'job.zip'])).code, 0);
    assert.equal(await codes(project), [0, 1, 1]);
  } finally {
    project.remove();
  }
});

/** Exit codes of the steps that call flinkc, without what the shell makes of them. */
async function codes(project: Project): Promise<readonly (number | null)[]> {
  const found: (number | null)[] = [];
  for (const { run } of workflows.flatMap(w => Object.values(w.jobs)).flatMap(job => job.steps)) {
    if (!run?.startsWith('npx flinkc ')) continue;
    const args = run
      .replace(/^npx flinkc /, '')
      .replace(/ [>|].*$/, '')
      .split(' ');
    found.push((await project.flinkc(args)).code);
  }
  return found;
}

test.run();
