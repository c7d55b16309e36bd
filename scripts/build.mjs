// Builds the package into dist/: JavaScript in the same tree as the sources, and declarations for what users import.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { bundleTypescript } from './bundle-typescript.mjs';
import { writeContractIdentity } from './contract-identity.mjs';

const roots = ['compiler', 'runtime', 'plugins', 'bin'];
const entryPoints = roots.flatMap(root =>
  readdirSync(root, { recursive: true })
    .map(entry => join(root, String(entry)))
    .filter(file => file.endsWith('.ts')),
);

// before it is read: artifacts that this build makes carry the contract of this build
writeContractIdentity();

// dist/ is replaced at once: a failed build leaves the last good one, and a running flinkc finds its modules
const fresh = `dist-${process.pid}`;
mkdirSync(fresh);
try {
  await Promise.all([javascript().then(typescript), declarations()]);
  if (existsSync('dist')) renameSync('dist', join(fresh, 'replaced'));
  renameSync(fresh, 'dist');
} finally {
  rmSync(fresh, { recursive: true, force: true });
  rmSync('dist/replaced', { recursive: true, force: true });
}

/** File by file: worker entries, the library that artifacts bundle and the command line find each other by path. */
function javascript() {
  return build({
    entryPoints,
    outdir: fresh,
    outbase: '.',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'warning',
  });
}

/** What the front end loads of TypeScript's library. */
async function typescript() {
  const frontend = join(fresh, 'compiler/1-frontend');
  const { typescriptNames } = await import(pathToFileURL(join(frontend, 'typescript-names.js')).href);
  await bundleTypescript(typescriptNames, join(frontend, 'typescript.cjs'));
}

function declarations() {
  return new Promise((resolve, reject) => {
    const tsc = spawn(
      process.execPath,
      ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json', '--outDir', join(fresh, 'types')],
      { stdio: 'inherit' },
    );
    tsc.on('exit', code =>
      code === 0 ? resolve() : reject(new Error(`declarations: tsc ended with ${code}`)),
    );
  });
}
