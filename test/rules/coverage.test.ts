/**
 * Every rule of Flink's DataStream semantics that concerns this runtime has a test that names it, or is listed in
 * docs/differences.md. rules.json lists them: an id is a section and, where the section has no numbers, words of it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

interface Rule {
  readonly id: string;
  readonly title: string;
  readonly status: 'tested' | 'difference' | 'next-milestone';
}

const rules = JSON.parse(readFileSync('test/rules/rules.json', 'utf8')) as readonly Rule[];
const names = testNames();
const differences = readFileSync('docs/differences.md', 'utf8').toLowerCase();

test('the list of rules names each once, with a status that is known', () => {
  assert.is(new Set(rules.map(({ id }) => id)).size, rules.length);
  for (const { id, title, status } of rules) {
    assert.match(id, /^§\d+(\.\d+)*( .+)?$/);
    assert.ok(title !== '', id);
    assert.ok(['tested', 'difference', 'next-milestone'].includes(status), id);
  }
});

test('every rule that counts as tested is named by a test', () => {
  assert.equal(
    withStatus('tested').filter(id => !names.some(name => isAbout(name, id))),
    [],
  );
});

test('every difference, and all that is left for later, is in docs/differences.md', () => {
  const listed = [...withStatus('difference'), ...withStatus('next-milestone')];
  assert.equal(
    listed.filter(id => !isDocumented(id)),
    [],
  );
});

test('every section that a test names is one of the rules’', () => {
  const known = rules.map(({ id }) => sectionOf(id));
  const unknown = names
    .flatMap(name => [...name.matchAll(/§\d+(?:\.\d+)*/g)].map(match => match[0]))
    .filter(
      section =>
        !known.some(rule => rule === section || rule.startsWith(`${section}.`) || section.startsWith(rule)),
    );
  assert.equal([...new Set(unknown)], []);
});

function withStatus(status: Rule['status']): readonly string[] {
  return rules.filter(rule => rule.status === status).map(({ id }) => id);
}
function sectionOf(id: string): string {
  return id.split(' ')[0]!;
}
function wordsOf(id: string): string {
  return id.slice(sectionOf(id).length + 1);
}
/** §2.2 is not about §2.2.3, and §3.1 is not about §3.12. */
function isAbout(name: string, id: string): boolean {
  const section = new RegExp(`${sectionOf(id).replaceAll('.', '\\.')}(?![\\d]|\\.\\d)`);
  return section.test(name) && name.toLowerCase().includes(wordsOf(id).toLowerCase());
}
/** Rules are rows there: without the paragraph sign, below a heading that has it. */
function isDocumented(id: string): boolean {
  const [section, words] = [sectionOf(id).slice(1), wordsOf(id).toLowerCase()];
  const number = section.replaceAll('.', '\\.');
  const row = new RegExp(`^\\| ${number}[ |].*$`, 'gm');
  const rows = [...differences.matchAll(row)].map(match => match[0]);
  if (rows.some(text => text.includes(words))) return true;
  return words !== '' && differences.includes(words);
}

/** First arguments of calls that are texts with a paragraph sign, in the sources of all tests. */
function testNames(): readonly string[] {
  return readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => readFileSync(join('test', file), 'utf8'))
    .flatMap(text =>
      [...text.matchAll(/^\s*\w+\(\s*(['"`])((?:(?!\1).)*§(?:(?!\1).)*)\1/gm)].map(match => match[2]!),
    );
}

test.run();
