/** Links of the documentation lead somewhere: to files of the repository and to headings in them. */
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { anchorsOf, documents, readLinks } from './markdown.js';

for (const document of documents)
  test(document, () => {
    const broken = readLinks(document).flatMap(({ line, target }) => {
      if (/^[a-z]+:/.test(target)) return [];
      const [path, anchor] = target.split('#') as [string, string | undefined];
      const file = path === '' ? document : normalize(join(dirname(document), path));
      if (!existsSync(file)) return [`${document}:${line}: there is no ${file}`];
      if (anchor !== undefined && !anchorsOf(file).has(anchor))
        return [`${document}:${line}: ${file} has no heading #${anchor}`];
      return [];
    });
    assert.equal(broken, []);
  });

test('every page of docs/ can be reached from the README', () => {
  const seen = new Set<string>();
  const open = ['README.md'];
  for (let page = open.pop(); page !== undefined; page = open.pop()) {
    if (seen.has(page)) continue;
    seen.add(page);
    for (const { target } of readLinks(page)) {
      const file = normalize(join(dirname(page), target.split('#')[0]!));
      if (file.endsWith('.md') && existsSync(file)) open.push(file);
    }
  }
  assert.equal(
    documents.filter(document => !seen.has(document)),
    [],
  );
});

test.run();
