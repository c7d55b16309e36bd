// Makes a module of those parts of TypeScript's library that the front end uses.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { build } from 'esbuild';

/** Many modules in one function's scope, as ts-morph ships them. */
const library = createRequire(createRequire(import.meta.url).resolve('ts-morph')).resolve(
  '@ts-morph/common/dist/typescript.js',
);

/** Trees need of what is there for editors the methods of their nodes, and nothing of types. */
const allocatorOfEditors = 'setObjectAllocator(getServicesObjectAllocator());';
const allocatorOfTrees = `setObjectAllocator({
  ...objectAllocator,
  getNodeConstructor: () => NodeObject,
  getTokenConstructor: () => TokenObject,
  getIdentifierConstructor: () => IdentifierObject,
  getPrivateIdentifierConstructor: () => PrivateIdentifierObject,
  getSourceFileConstructor: () => SourceFileObject,
});`;

/** `names`: what the module exports. */
export async function bundleTypescript(names, outfile) {
  const { license, locals, code } = withoutScope(readFileSync(library, 'utf8'));
  const exported = names.map(name => {
    if (!locals.has(name)) throw new Error(`${library} does not export ${name}`);
    return `${locals.get(name)} as ${name}`;
  });
  await build({
    stdin: { contents: `${code}\nexport { ${exported.join(', ')} };`, sourcefile: 'typescript.js' },
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    minifySyntax: true,
    banner: { js: license },
    logLevel: 'warning',
  });
}

/** The library's text without the scope around it: what is not used of it can be left out then. */
function withoutScope(text) {
  const [license, inScope] = halves(text, 'var ts = {}; ((module) => {\n"use strict";\n');
  const [helpers, exporting] = halves(inScope, '// src/typescript/typescript.ts\n');
  const [exports, rest] = halves(exporting, '\n});\n');
  const modules = rest
    .split(/^(?=\/\/ src\/)/m)
    .filter(module => /^\/\/ src\/(?:compiler\/|services\/(?:utilities|services)\.ts\n)/.test(module));
  const code = halves(helpers + modules.join(''), allocatorOfEditors)
    .join(allocatorOfTrees)
    // objects of everything that a module exports: whoever used one member of one would keep them all
    .replaceAll(/^__export\(/gm, '/* @__PURE__ */ __export(');
  const locals = new Map([...exports.matchAll(/^ {2}(\w+): \(\) => (\w+),?$/gm)].map(m => [m[1], m[2]]));
  return { license, locals, code };
}

function halves(text, separator) {
  const at = text.indexOf(separator);
  if (at === -1) throw new Error(`${library} is not made as it was: it has no ${JSON.stringify(separator)}`);
  return [text.slice(0, at), text.slice(at + separator.length)];
}
