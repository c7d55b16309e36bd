/** Runs `flinkc` as users do: a new process of what is in dist/. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const flinkc = fileURLToPath(new URL('../../dist/bin/flinkc.js', import.meta.url));

export function startCommand(args: readonly string[], cwd: string): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [flinkc, ...args], { cwd });
}

/** Milliseconds from start to exit. */
export function timeCommand(args: readonly string[], cwd: string): Promise<number> {
  const start = performance.now();
  const child = startCommand(args, cwd);
  let errors = '';
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  return new Promise((resolve, reject) =>
    child.on('exit', code =>
      code === 0
        ? resolve(performance.now() - start)
        : reject(new Error(`flinkc ${args.join(' ')}: ${errors}`)),
    ),
  );
}

/** Resolves with what the child says on a stream as soon as it matches. */
export function saying(
  child: ChildProcessWithoutNullStreams,
  stream: 'stdout' | 'stderr',
  pattern: RegExp,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const listen = (text: Buffer): void => {
      said += text.toString();
      if (!pattern.test(said)) return;
      child[stream].off('data', listen);
      resolve(said);
    };
    let errors = '';
    child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
    child[stream].on('data', listen);
    child.once('exit', code => reject(new Error(`flinkc ended with ${code}: ${errors}`)));
  });
}
