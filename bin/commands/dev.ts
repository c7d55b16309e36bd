import { mkdtempSync, rmSync, statSync, watch, type FSWatcher } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { CompileSession, compileWith, writeArtifact, type CompileResult } from '../../compiler/compile.js';
import { RuntimeFault } from '../../runtime/contract/fault.js';
import { helpText, oneArgument, parseCommand, type CommandSpec } from '../command-line.js';
import { compileOptions, compileSettings, printDiagnostics } from '../compile-program.js';
import { exitCodes } from '../exit-codes.js';
import { faultText } from '../fault-text.js';
import { runOptions, startJob, type RunFlags, type RunningJob } from '../job-runner.js';

const options = {
  ...runOptions,
  ...compileOptions,
  help: { type: 'boolean', short: 'h', help: 'show this help' },
} as const;
const spec: CommandSpec<typeof options> = {
  name: 'dev',
  positionals: '<program.ts>',
  summary: 'Run the program; build and run it again whenever one of its files is saved. Ctrl-C ends it.',
  options,
  examples: ['flinkc dev program.ts --param input=sample.csv'],
};

/** Editors write a file in several steps; one rebuild is enough. */
const settleMs = 15;

export async function main(args: readonly string[]): Promise<number> {
  const { options: given, positionals } = parseCommand(spec, args);
  if (given.help) {
    process.stdout.write(helpText(spec));
    return exitCodes.ok;
  }
  const entry = oneArgument('dev', 'one program', 'program.ts', positionals);
  const session = await CompileSession.open(entry);
  const folder = mkdtempSync(join(tmpdir(), 'flinkc-dev-'));
  const loop = new DevLoop(session, folder, given, () => compileWith(session, compileSettings(entry, given)));
  try {
    return await loop.run();
  } finally {
    await session.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

class DevLoop {
  readonly #session: CompileSession;
  readonly #folder: string;
  readonly #flags: RunFlags;
  readonly #build: () => Promise<CompileResult>;
  #job: RunningJob | null = null;
  /** by folder */
  #watchers: ReadonlyMap<string, FSWatcher> = new Map();
  readonly #changed = new Set<string>();
  #notify: (() => void) | null = null;
  #version = 0;
  #stopped: number | null = null;

  constructor(session: CompileSession, folder: string, flags: RunFlags, build: () => Promise<CompileResult>) {
    this.#session = session;
    this.#folder = folder;
    this.#flags = flags;
    this.#build = build;
  }

  async run(): Promise<number> {
    // the running job has handlers of its own, which stop it cleanly; these end the loop
    process.once('SIGINT', () => this.#stop(exitCodes.interrupted));
    process.once('SIGTERM', () => this.#stop(exitCodes.terminated));
    await this.#rebuild([]);
    while (this.#stopped === null) {
      // a file saved while the last version was being built is waiting already
      if (this.#changed.size === 0) await new Promise<void>(done => (this.#notify = done));
      if (this.#stopped !== null) break;
      await new Promise(done => setTimeout(done, settleMs));
      const files = [...this.#changed];
      this.#changed.clear();
      await this.#rebuild(files);
    }
    for (const watcher of this.#watchers.values()) watcher.close();
    await this.#job?.done;
    return this.#stopped;
  }

  /** A version with errors is only reported: the last good one goes on. */
  async #rebuild(files: readonly string[]): Promise<void> {
    const started = performance.now();
    const startedAt = Date.now();
    if (files.length > 0) await this.#session.oracle.update(files);
    const result = await this.#consistent();
    if (result === null) return;
    this.#watch(result, startedAt);
    printDiagnostics(result);
    if (!result.output) {
      process.stderr.write(this.#job ? 'still running the last good version\n' : 'waiting for changes\n');
      return;
    }
    const artifact = join(this.#folder, String(++this.#version));
    writeArtifact(result.output.artifact, artifact);
    try {
      await this.#restart(artifact);
    } catch (error) {
      // a parameter may be missing now: the next save may bring its default
      if (!(error instanceof RuntimeFault)) throw error;
      process.stderr.write(`${faultText(error)}\nwaiting for changes\n`);
      return;
    }
    process.stderr.write(`built and started in ${Math.round(performance.now() - started)} ms\n`);
  }

  /** null: a file was saved in the middle of the build, so that its parts do not fit together; the next one is due. */
  async #consistent(): Promise<CompileResult | null> {
    try {
      return await this.#build();
    } catch (error) {
      // the news of it may still be on the way
      await new Promise(done => setTimeout(done, settleMs));
      if (this.#changed.size === 0) throw error;
      return null;
    }
  }

  async #restart(artifact: string): Promise<void> {
    const previous = this.#job;
    this.#job = null;
    await previous?.handle.cancel();
    await previous?.done;
    const job = await startJob(artifact, this.#flags, false);
    this.#job = job;
    // a bounded job ends, a failed one has been reported; either way the next save starts it again
    void job.done.then(() => {
      if (this.#job !== job) return;
      this.#job = null;
      if (this.#stopped === null) process.stderr.write('waiting for changes\n');
    });
  }
  #stop(code: number): void {
    this.#stopped = code;
    this.#notify?.();
  }

  /**
   * Folders are watched, not files: many editors replace a file when they save it. New watchers begin before the old ones
   * end: they are told what was saved there during the build. Of a folder that was not watched the times of its files tell.
   */
  #watch({ root, modules }: CompileResult, startedAt: number): void {
    const files = new Set([this.#session.entry, ...modules.map(module => resolve(root, module))]);
    const onChange = (file: string): void => {
      // a new file may be what an import was missing
      if (!files.has(file) && !/\.[mc]?ts$/.test(file)) return;
      this.#changed.add(file);
      this.#notify?.();
    };
    const before = this.#watchers;
    this.#watchers = new Map(
      [...new Set([...files].map(file => dirname(file)))].map(folder => [
        folder,
        watch(folder, (_, name) => name !== null && onChange(join(folder, name))),
      ]),
    );
    for (const watcher of before.values()) watcher.close();
    for (const file of files) if (!before.has(dirname(file)) && changedAt(file) > startedAt) onChange(file);
  }
}

/** 0: it is not there. */
const changedAt = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
