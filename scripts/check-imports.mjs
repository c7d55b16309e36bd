// Enforces scripts/layers.json: which folder may import which, and which folder may use which heavy package.
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const { layers, packages } = JSON.parse(readFileSync('scripts/layers.json', 'utf8'));
const names = Object.keys(layers).sort(
  (a, b) => Number(a.endsWith('*')) - Number(b.endsWith('*')) || b.length - a.length,
);
const matches = (pattern, path) =>
  pattern.endsWith('/*')
    ? path.startsWith(pattern.slice(0, -1))
    : path === pattern || path.startsWith(`${pattern}/`);
const layerOf = path => names.find(name => matches(name, path));
const problems = [];
let files = 0;

for (const top of ['compiler', 'runtime', 'plugins', 'bin'])
  for (const entry of readdirSync(top, { recursive: true })) {
    const file = join(top, String(entry)).replaceAll('\\', '/');
    if (!file.endsWith('.ts')) continue;
    files++;
    check(file);
  }

function check(file) {
  const from = layerOf(file);
  if (!from) return void problems.push(`${file}: no layer; add its folder to scripts/layers.json`);
  const text = readFileSync(file, 'utf8');
  for (const [, specifier] of text.matchAll(/(?:^|[\s;])(?:import|export)\b[^'";]*?from\s*'([^']+)'|/gm))
    if (specifier) edge(file, from, specifier);
  for (const [, specifier] of text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g)) edge(file, from, specifier);
  for (const [, specifier] of text.matchAll(/^import '([^']+)'/gm)) edge(file, from, specifier);
}

function edge(file, from, specifier) {
  if (!specifier.startsWith('.')) {
    const name = specifier.startsWith('@')
      ? specifier.split('/').slice(0, 2).join('/')
      : specifier.split('/')[0];
    const allowed = packages[name];
    if (allowed && !allowed.some(folder => matches(folder, file)))
      problems.push(`${file}: only ${allowed.join(', ')} may use ${name}`);
    return;
  }
  const target = relative('.', resolve(dirname(file), specifier))
    .replaceAll('\\', '/')
    .replace(/\.js$/, '.ts');
  const to = layerOf(target);
  const own = from.endsWith('/*') ? file.split('/').slice(0, 2).join('/') : from;
  if (matches(own, target)) return;
  if (!to || !layers[from].some(pattern => matches(pattern, target)))
    problems.push(`${file}: ${from} may not import ${target}`);
}

for (const problem of problems) console.error(problem);
console.log(`import rules: ${files} files, ${problems.length} violations`);
process.exitCode = problems.length === 0 ? 0 : 1;
