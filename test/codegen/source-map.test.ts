import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { generateTasks } from '../../compiler/3-codegen/index.js';
import { float64, Program, struct } from './graph-builder.js';
import { planOf } from './run-plan.js';

test("pasted text maps token by token to the user's file, everything else to its operator", () => {
  const p = new Program();
  // Fragments of the builder carry offsets into the lambda's own text, which here is the file.
  const text = '$0.price\n  * 2 + twice($0.price)';
  p.sources.set('job.ts', text);
  p.sink(p.map(p.source(struct({ price: float64 })), p.inline(text), float64));
  const [task] = generateTasks(planOf(p));
  const { code, map } = task!;
  const trace = new TraceMap(map);
  const at = (needle: string): { line: number | null; column: number | null; source: string | null } => {
    const lines = code.split('\n');
    const line = lines.findIndex(l => l.includes(needle));
    const {
      line: l,
      column,
      source,
    } = originalPositionFor(trace, { line: line + 1, column: lines[line]!.indexOf(needle) });
    return { line: l, column, source };
  };
  assert.equal(at('twice('), { line: 2, column: text.split('\n')[1]!.indexOf('twice'), source: 'job.ts' });
  assert.equal(at('* 2'), { line: 2, column: 2, source: 'job.ts' });
  // The sink's call: glue of the operator on line 3 of the made-up program.
  assert.equal(at('writer2.write('), { line: 3, column: 2, source: 'job.ts' });
});

test('every generated line has a source, so that composed maps keep it', () => {
  const p = new Program();
  p.sink(p.map(p.source(float64), p.inline('$0 + 1'), float64));
  const { code, map } = generateTasks(planOf(p))[0]!;
  const trace = new TraceMap(map);
  code.split('\n').forEach((text, index) => {
    if (text.trim() === '') return;
    const column = text.length - text.trimStart().length;
    assert.is(
      originalPositionFor(trace, { line: index + 1, column }).source,
      'job.ts',
      `line ${index + 1}: ${text}`,
    );
  });
});

test.run();
