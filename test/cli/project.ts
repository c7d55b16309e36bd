/** Spawns the built command line in projects of their own, as users do. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const repository = resolve(import.meta.dirname, '../..');
const cli = join(repository, 'dist/bin/flinkc.js');
if (!existsSync(cli)) throw new Error('the package is not built: npm run build');

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
export interface RunningCli {
  readonly process: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves when what was printed so far, or will be, matches; the match may lie behind `from` only. Fails after minutes. */
  sees(stream: 'stdout' | 'stderr', pattern: RegExp, from?: number): Promise<void>;
  output(stream: 'stdout' | 'stderr'): string;
}
export interface Invocation {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** a command that runs the one after it, such as one that enters a network namespace */
  readonly through?: readonly string[];
}

/** A test that waits in vain says for what, instead of being ended with its file. */
const patienceMs = 240_000;

export class Project {
  readonly dir: string;

  constructor(files: Readonly<Record<string, string>>) {
    this.dir = mkdtempSync(join(tmpdir(), 'flinkc-cli-test-'));
    this.write({
      'package.json': '{ "name": "orders", "type": "module" }',
      'tsconfig.json': JSON.stringify({
        compilerOptions: {
          target: 'es2023',
          module: 'nodenext',
          strict: true,
          noEmit: true,
          skipLibCheck: true,
          types: [],
        },
      }),
      ...files,
    });
    mkdirSync(join(this.dir, 'node_modules'), { recursive: true });
    symlinkSync(repository, join(this.dir, 'node_modules/flinkc'));
    symlinkSync(join(repository, 'node_modules/@types'), join(this.dir, 'node_modules/@types'));
  }
  path(name: string): string {
    return join(this.dir, name);
  }
  write(files: Readonly<Record<string, string | Uint8Array>>): void {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(this.path(name)), { recursive: true });
      writeFileSync(this.path(name), content);
    }
  }
  flinkc(args: readonly string[], invocation: Invocation = {}): Promise<Finished> {
    return this.start(args, invocation).finished;
  }
  start(args: readonly string[], { cwd = this.dir, env = {}, through = [] }: Invocation = {}): RunningCli {
    const [command, ...rest] = [...through, process.execPath, cli, ...args] as [string, ...string[]];
    const child = spawn(command, rest, {
      cwd,
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return follow(child);
  }
  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

function follow(child: ChildProcess): RunningCli {
  const text = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  const check = (): void => watchers.forEach(watcher => watcher());
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream]!.setEncoding('utf8').on('data', (chunk: string) => {
      text[stream] += chunk;
      check();
    });
  const finished = new Promise<Finished>((done, fail) => {
    child.on('error', fail);
    child.on('close', code => done({ code, ...text }));
  });
  return {
    process: child,
    finished,
    output: stream => text[stream],
    sees: (stream, pattern, from = 0) =>
      new Promise<void>((done, fail) => {
        const giveUp = (why: string): void =>
          fail(new Error(`${why} ${pattern} on ${stream}:\n${text.stdout}\n${text.stderr}`));
        const timer = setTimeout(giveUp, patienceMs, 'still without');
        const settle = (): void => {
          if (!pattern.test(text[stream].slice(from))) return;
          clearTimeout(timer);
          watchers.delete(settle);
          done();
        };
        watchers.add(settle);
        settle();
        void finished.then(() => {
          clearTimeout(timer);
          giveUp('ended without');
        });
      }),
  };
}
