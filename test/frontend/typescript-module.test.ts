/** The module that the build makes of TypeScript's library, against the library. */
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ts as library } from 'ts-morph';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ModuleAliases } from '../../compiler/1-frontend/module-aliases.js';
import { typescriptNames, type TypeScript } from '../../compiler/1-frontend/typescript-names.js';
import { program } from '../types/checkers.js';

const path = '../../dist/compiler/1-frontend/typescript.cjs';
const module = createRequire(import.meta.url)(path) as TypeScript;

const tests = suite('TypeScript without what is not used of it');

tests('it has the names that are listed, and the same constants', () => {
  assert.equal(Object.keys(module).sort(), [...typescriptNames].sort());
  for (const name of typescriptNames)
    if (typeof library[name] === 'object' && name !== 'sys') assert.equal(module[name], library[name], name);
});

const questions = typescriptNames.filter(name => name.startsWith('is'));

/** Every node of a file: what it is, where it is, and what the questions say of it. */
function nodesOf(ts: TypeScript, name: string, text: string): string[] {
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.ESNext, true, ts.ScriptKind.TS);
  const nodes: string[] = [];
  const visit = (node: library.Node): void => {
    const { line, character } = file.getLineAndCharacterOfPosition(node.getStart(file));
    const answers = questions.filter(is => (ts[is] as (node: library.Node) => boolean)(node));
    const tokens = node.getChildren(file).map(child => `${child.kind}:${child.getText(file).length}`);
    nodes.push(
      `${node.kind} ${node.flags} ${node.pos}-${node.end} ${line}:${character} ${answers.join()} ${tokens.join()}`,
    );
    assert.is(node.getSourceFile(), file);
    ts.forEachChild(node, visit);
  };
  visit(file);
  const { parseDiagnostics = [] } = file as { parseDiagnostics?: readonly library.DiagnosticWithLocation[] };
  for (const { code, start, messageText } of parseDiagnostics)
    nodes.push(`${code} ${start} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
  return nodes;
}

tests('trees, places and predicates are the same', () => {
  const folder = fileURLToPath(new URL('../../compiler/1-frontend', import.meta.url));
  for (const name of readdirSync(folder).filter(file => file.endsWith('.ts'))) {
    const text = readFileSync(join(folder, name), 'utf8');
    assert.equal(nodesOf(module, name, text), nodesOf(library, name, text), name);
  }
});

for (const [what, text] of Object.entries({
  'a syntax error': 'const a = ;\nfunction (',
  'decorators, enums, namespaces, JSDoc': `/** @param {number} a */ @d class A<T> extends B<T> implements C { @e() #p = 1; static { this.x = 2n; } accessor y = /x/u; }
    export enum E { A = 1, B } declare namespace N.M { const z: unique symbol; } export default abstract class {}`,
  'expressions of all sorts': `label: for await (const [a, { b = 1, ...c }] of d?.[e]!) if (a satisfies T) break label; else throw <T>b as const;
    const t = tag\`x\${1}y\`, r = async function* () { yield* await x; }, o = { get a() { return super.b; }, [k]: 1, async *m() {} };
    import type { X } from './x.js'; import y = require('y'); export * as z from 'z' with { type: 'json' }; using u = v;`,
}))
  tests(`${what}: the same`, () => {
    assert.equal(nodesOf(module, 'm.ts', text), nodesOf(library, 'm.ts', text));
  });

tests('modules are found by paths of a tsconfig.json that extends another', () => {
  const project = program({
    'base.json': '{ "compilerOptions": { "baseUrl": "src", "paths": { "@lib/*": ["./lib/*"] } } }',
    'tsconfig.json': '{ // comments are allowed\n "extends": "./base.json" }',
    'src/lib/a.ts': '',
  });
  try {
    for (const ts of [library, module])
      assert.is(
        new ModuleAliases(ts, project.root, join(project.root, 'tsconfig.json')).resolve(
          'src/m.ts',
          '@lib/a.js',
        ),
        'src/lib/a.ts',
      );
  } finally {
    project.remove();
  }
});

tests.run();
