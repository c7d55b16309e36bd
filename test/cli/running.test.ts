/** Jobs from the command line while they run: signals, what is printed for people and for programs, dev. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Project } from './project.js';

/** one line up, and everything from there on deleted */
const redrawn = '\u001b[1A\u001b[0J';
const endless = `import { createEnvironment } from 'flinkc';
import { FileSink } from 'flinkc/file';
import { JsonFormat } from 'flinkc/json';
const env = createEnvironment();
env
  .fromSequence(1, Number.MAX_SAFE_INTEGER)
  .map(n => ({ n }))
  .sinkTo(new FileSink({ path: 'out', format: new JsonFormat() }));
await env.execute('endless');
`;
const greeting = (text: string): string => `import { createEnvironment } from 'flinkc';
const env = createEnvironment();
env.fromData(1).map(n => \`${text} \${n}\`).print();
await env.execute('greeting');
`;

test('SIGTERM and SIGINT stop a job cleanly: 143 and 130, and no part file that looks finished', async () => {
  const project = new Project({ 'endless.ts': endless });
  try {
    assert.is((await project.flinkc(['build', 'endless.ts', '-o', 'job'])).code, 0);
    for (const [signal, expected] of [
      ['SIGTERM', 143],
      ['SIGINT', 130],
    ] as const) {
      const job = project.start(['run', 'job']);
      const parts = (): string[] =>
        existsSync(project.path('out'))
          ? readdirSync(project.path('out'), { recursive: true })
              .map(String)
              .filter(name => name.includes('part-'))
          : [];
      while (parts().length === 0) await new Promise(done => setTimeout(done, 20));
      job.process.kill(signal);
      const { code, stderr } = await job.finished;
      assert.is(code, expected, stderr);
      const read = /^job CANCELED in [\d.]+ s: ([\d,]+) records read/.exec(stderr)?.[1];
      assert.ok(Number(read?.replaceAll(',', '')) > 0, stderr);
      assert.equal(
        parts().filter(name => !/(^|\/)\./.test(name)),
        [],
      );
    }
  } finally {
    project.remove();
  }
});

test('options for clusters are refused for a job in this process, instead of running it here', async () => {
  const project = new Project({ 'hello.ts': greeting('hello') });
  try {
    for (const option of [['-m', 'localhost:8081'], ['-d'], ['--shutdownOnAttachedExit']]) {
      const { code, stdout, stderr } = await project.flinkc(['run', 'hello.ts', ...option]);
      assert.is(code, 2, option[0]);
      assert.match(stderr, /error FC4005: 'flinkc run --\w+' needs --target remote/);
      assert.is(stdout, '');
    }
  } finally {
    project.remove();
  }
});

test('clients refuse what names no JobManager, and arguments that they do not take', async () => {
  const project = new Project({});
  try {
    for (const address of ['http://:::', 'two words', 'host:99999']) {
      const { code, stderr } = await project.flinkc(['list', '-m', address]);
      assert.is(code, 2, stderr);
      assert.match(stderr, `error FC4006: Option --jobmanager cannot be '${address}'.`);
    }
    const extra = await project.flinkc(['list', 'everything']);
    assert.is(extra.code, 2);
    assert.match(extra.stderr, /error FC4005: 'flinkc list' needs options only, not everything/);
  } finally {
    project.remove();
  }
});

test('the summary counts what all sources read', async () => {
  const sources = `env.fromSequence(1, 3).print();\nenv.fromData('a', 'b').map(x => x + x).print();`;
  const project = new Project({
    'two.ts': `import { createEnvironment } from 'flinkc';\nconst env = createEnvironment();\n${sources}\nawait env.execute('two');\n`,
  });
  try {
    const { code, stderr } = await project.flinkc(['run', 'two.ts']);
    assert.is(code, 0, stderr);
    assert.match(stderr, /^job FINISHED in [\d.]+ s: 5 records read, /);
  } finally {
    project.remove();
  }
});

test('piped output is the records alone; --json ends with one line for programs; help exits with 0', async () => {
  const project = new Project({ 'greeting.ts': greeting('hello') });
  try {
    const { code, stdout, stderr } = await project.flinkc(['run', 'greeting.ts']);
    assert.is(code, 0, stderr);
    assert.is(stdout, 'hello 1\n');
    assert.match(stderr, /^job FINISHED in [\d.]+ s: /);
    assert.not(stderr.includes('\u001b'), 'no escape codes');

    const json = await project.flinkc(['run', 'greeting.ts', '--json']);
    const last = JSON.parse(json.stdout.trimEnd().split('\n').at(-1)!) as { state: string };
    assert.is(last.state, 'FINISHED');

    const quiet = await project.flinkc(['run', 'greeting.ts', '--quiet']);
    assert.is(quiet.stderr, '');
    for (const command of ['init', 'build', 'run', 'dev', 'explain', 'inspect', 'verify']) {
      const help = await project.flinkc([command, '--help']);
      assert.is(help.code, 0);
      assert.match(help.stdout, new RegExp(`^flinkc ${command} .*\n\n {2}[A-Z].*\n\nOptions:\n`));
    }
  } finally {
    project.remove();
  }
});

test('a terminal sees progress, redrawn in place and gone at the end', async () => {
  const project = new Project({ 'endless.ts': endless });
  try {
    assert.is((await project.flinkc(['build', 'endless.ts', '-o', 'job'])).code, 0);
    const cli = new URL('../../dist/bin/flinkc.js', import.meta.url).pathname;
    const terminal = spawn('script', ['-qec', `${process.execPath} ${cli} run job`, '/dev/null'], {
      cwd: project.dir,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let seen = '';
    terminal.stdout.setEncoding('utf8');
    const closed = new Promise<number | null>(done => terminal.on('close', done));
    await new Promise<void>(done =>
      terminal.stdout.on('data', (chunk: string) => {
        seen += chunk;
        // drawn a second time over the first
        if (/rec .*\/s.*wm .*busy/.test(seen.slice(seen.indexOf(redrawn) + 1)) && seen.includes(redrawn))
          done();
      }),
    );
    terminal.stdin.write('\u0003'); // Ctrl-C
    assert.is(await closed, 130);
    assert.ok(seen.includes(`${redrawn}job CANCELED in `), seen);
  } finally {
    project.remove();
  }
});

test('dev: new output on save; errors leave the last good version; a new module is watched; Ctrl-C ends it', async () => {
  const project = new Project({ 'greeting.ts': greeting('hello') });
  try {
    const dev = project.start(['dev', 'greeting.ts']);
    await dev.sees('stdout', /^hello 1$/m);
    await dev.sees('stderr', /built and started in \d+ ms/);

    project.write({ 'greeting.ts': greeting('bonjour') });
    await dev.sees('stdout', /^bonjour 1$/m);

    let from = dev.output('stderr').length;
    project.write({ 'greeting.ts': greeting('hola').replace('n =>', '(n: string) =>') });
    await dev.sees(
      'stderr',
      /error TS\d+[^]*greeting\.ts:3:[^]*(last good version|waiting for changes)/,
      from,
    );
    from = dev.output('stderr').length;
    project.write({ 'greeting.ts': `${greeting('hola')} }` });
    await dev.sees('stderr', /error (FC1004|TS\d+)[^]*(last good version|waiting for changes)/, from);
    assert.not.match(dev.output('stdout'), /hola/);

    project.write({
      'words.ts': `export const word = 'ciao';\n`,
      'greeting.ts': `import { word } from './words.js';\n${greeting('${word}')}`,
    });
    await dev.sees('stdout', /^ciao 1$/m);
    project.write({ 'words.ts': `export const word = 'salve';\n` });
    await dev.sees('stdout', /^salve 1$/m);

    // The second comes while the first is being built.
    for (const word of ['uno', 'due', 'tre']) {
      project.write({ 'words.ts': `export const word = 'soon ${word}';\n` });
      await new Promise(done => setTimeout(done, 60));
      project.write({ 'words.ts': `export const word = '${word}';\n` });
      await dev.sees('stdout', new RegExp(`^${word} 1$`, 'm'));
    }

    dev.process.kill('SIGINT');
    assert.is((await dev.finished).code, 130);
  } finally {
    project.remove();
  }
});

test('init makes a project that runs and refuses a folder with something in it', async () => {
  const project = new Project({});
  try {
    const { code, stdout } = await project.flinkc(['init', 'visits']);
    assert.is(code, 0);
    assert.match(stdout, /cd visits && npm install/);
    // node_modules of the folder above is found from here, as npm workspaces do
    const run = await project.flinkc(['run', 'program.ts'], { cwd: project.path('visits') });
    assert.is(run.code, 0, run.stderr);
    assert.match(run.stdout, /Visits[^]*ann/);
    assert.is(
      (JSON.parse(readFileSync(project.path('visits/package.json'), 'utf8')) as { name: string }).name,
      'visits',
    );
    const again = await project.flinkc(['init', 'visits']);
    assert.is(again.code, 2);
    assert.match(again.stderr, /^error FC4009: Folder 'visits' is not empty\./);
  } finally {
    project.remove();
  }
});

test.run();
