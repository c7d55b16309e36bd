/** What generated code and the runtime know of each other has an identity; artifacts for another one are not run. */
import { cpSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CONTRACT_IDENTITY } from '../../runtime/contract/identity.generated.js';
import { Project } from '../cli/project.js';

interface IdentityScript {
  readonly contractIdentity: (from?: string) => string;
}
const script: string = '../../scripts/contract-identity.mjs';
const { contractIdentity } = (await import(script)) as IdentityScript;

const program = `import { createEnvironment } from 'flinkc';
const env = createEnvironment();
env.fromData(1, 2, 3).keyBy(n => n % 2).reduce((a, b) => a + b).print();
await env.execute('sums');
`;
const other = '0123456789abcdef';

const contract = suite('contract');
const project = new Project({ 'sums.ts': program });
contract.before(async () => {
  const built = await project.flinkc(['build', 'sums.ts', '-o', 'job']);
  // a failing hook is not reported by the runner
  if (built.code !== 0) process.stderr.write(built.stderr);
  const manifest = readFileSync(project.path('job/manifest.json'), 'utf8');
  for (const [name, text] of Object.entries({
    foreign: manifest.replace(`"contract": "${CONTRACT_IDENTITY}"`, `"contract": "${other}"`),
    nameless: manifest.replace(/,\s*"contract": "[^"]*"/, ''),
  })) {
    assert.is.not(text, manifest);
    cpSync(project.path('job'), project.path(name), { recursive: true });
    project.write({ [`${name}/manifest.json`]: text });
  }
});
contract.after(() => project.remove());

contract(
  'an artifact that was generated for another runtime contract is refused by whoever would run it',
  async () => {
    for (const command of [['run'], ['verify'], ['jobmanager', '--application'], ['run', '-t', 'remote']])
      for (const artifact of ['foreign', 'nameless']) {
        const { code, stderr, stdout } = await project.flinkc([...command, artifact]);
        assert.is(code, 1, stderr);
        assert.match(stderr, `error FC4106: artifact '${artifact}' was built by flinkc `);
        assert.match(stderr, CONTRACT_IDENTITY);
        if (artifact === 'foreign') assert.match(stderr, other);
        assert.match(stderr, /^ {2}fix: Build it again /m);
        assert.is(stdout, '');
      }
    assert.is((await project.flinkc(['verify', 'job'])).code, 0);
  },
);

contract('its manifests are read all the same: inspect, and check against what runs elsewhere', async () => {
  const inspected = await project.flinkc(['inspect', 'foreign']);
  assert.is(inspected.code, 0, inspected.stderr);
  assert.match(inspected.stdout, `contract ${other}`);
  const checked = await project.flinkc(['check', 'job', '--against', 'foreign']);
  assert.is(checked.code, 0, checked.stderr);
  assert.match(checked.stdout, 'The state fits');
});

contract('the identity is that of the declarations: not of comments or code, but of every member', () => {
  const repository = new URL('../..', import.meta.url).pathname;
  const copy = new Project({});
  for (const folder of ['runtime/contract', 'plugins/api'])
    cpSync(`${repository}${folder}`, copy.path(folder), { recursive: true });
  const edited = (file: string, from: string, to: string): string => {
    const text = readFileSync(copy.path(file), 'utf8');
    assert.ok(text.includes(from), `${file}: ${from}`);
    copy.write({ [file]: text.replace(from, to) });
    const identity = contractIdentity(copy.dir);
    copy.write({ [file]: text });
    return identity;
  };
  try {
    assert.is(contractIdentity(copy.dir), CONTRACT_IDENTITY, 'node scripts/contract-identity.mjs');
    const task = 'runtime/contract/task.ts';
    assert.is(edited(task, '  /** The combined', '  // reworded\n  /** The combined'), CONTRACT_IDENTITY);
    assert.is(edited('runtime/contract/bytes.ts', 'throw new', 'void 0; throw new'), CONTRACT_IDENTITY);
    assert.is.not(edited(task, 'endInput(', 'inputEnded('), CONTRACT_IDENTITY);
    assert.is.not(
      edited('plugins/api/sink.ts', 'interface SinkWriter<', 'interface Writer<'),
      CONTRACT_IDENTITY,
    );
    assert.is.not(
      edited('runtime/contract/manifest.ts', 'ARTIFACT_FORMAT = 1', 'ARTIFACT_FORMAT = 2'),
      CONTRACT_IDENTITY,
    );
  } finally {
    copy.remove();
  }
});
contract.run();
