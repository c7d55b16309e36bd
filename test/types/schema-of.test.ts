import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { schemaText } from '../../plugins/api/schema-text.js';
import { schemaOf } from '../../compiler/1-frontend/types/schema-of.js';
import { apiTypes, checkers, program, typeOf } from './checkers.js';
import { schemaCases } from './schema-cases.js';

const imports =
  "import type { Int32, Int64, Float32, Timestamp, Decimal, JsonValue, Unchecked } from 'flinkc';\nexport type Used = [Int32, Int64, Float32, Timestamp, Decimal, JsonValue, Unchecked<object>];\n";

// One module per case, so that the declarations of cases do not meet.
const files = Object.fromEntries(
  Object.values(schemaCases).map((c, i) => [
    `case${i}.ts`,
    `${imports}${c.given ?? ''}\nexport declare const theRecord: ${c.type};\n`,
  ]),
);
const entry = Object.keys(files)
  .map(f => `import './${f.slice(0, -3)}';\n`)
  .join('');

for (const [checkerName, open] of Object.entries(checkers)) {
  const schemas = suite(`schema (${checkerName})`);
  const source = program({ ...files, 'main.ts': entry }, { typePaths: { flinkc: [apiTypes] } });
  const checker = open(source.project);
  schemas.after(() => {
    checker.close();
    source.remove();
  });

  Object.entries(schemaCases).forEach(([name, expected], i) => {
    schemas(name, () => {
      const file = `case${i}.ts`;
      const found: string[] = [];
      const schema = schemaOf(typeOf(checker, file, files[file]!, 'theRecord'), {
        label: 'record',
        report: p => found.push(`${p.code} ${p.args['path']} '${p.args['type']}'`),
      });
      assert.equal(found, expected.errors ?? []);
      assert.is(
        schema && schemaText(schema, { classes: true }).replaceAll(`${file}#`, 'main.ts#'),
        expected.schema ?? null,
      );
    });
  });

  schemas('the cases themselves have no type errors', () => {
    assert.equal(checker.diagnostics(), []);
  });
  schemas.run();
}
