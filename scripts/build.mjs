// Builds the package into dist/: JavaScript in the same tree as the sources, and declarations for what users import.
import { spawn } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const roots = ['compiler', 'runtime', 'plugins', 'bin'];
const entryPoints = roots.flatMap(root =>
  readdirSync(root, { recursive: true })
    .map(entry => join(root, String(entry)))
    .filter(file => file.endsWith('.ts')),
);

rmSync('dist', { recursive: true, force: true });
await Promise.all([javascript(), declarations()]);

/** File by file: worker entries, the library that artifacts bundle and the command line find each other by path. */
function javascript() {
  return build({
    entryPoints,
    outdir: 'dist',
    outbase: '.',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'warning',
  });
}

function declarations() {
  return new Promise((resolve, reject) => {
    const tsc = spawn(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json'], {
      stdio: 'inherit',
    });
    tsc.on('exit', code =>
      code === 0 ? resolve() : reject(new Error(`declarations: tsc ended with ${code}`)),
    );
  });
}
