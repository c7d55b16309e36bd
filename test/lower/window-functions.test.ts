/** Window functions as statements: what of them can stand in the loop that fires. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fragment, LoweredFn } from '../../compiler/ir/index.js';
import { printUsage } from '../../compiler/ir/index.js';
import { lowerLambda, show } from './program.js';

function statementsOf({ statements }: LoweredFn): string | null {
  if (!statements) return null;
  return statements
    .map(part => {
      if (part.kind === 'leave') return 'leave';
      if (part.kind !== 'emit') return show([part as Fragment]);
      const { value } = part;
      if (value.kind === 'path') return `emit ⟨${[value.param, ...value.path].join('.')}⟩`;
      return value.kind === 'struct' ? 'emit {}' : `emit ${show(value.code)}`;
    })
    .join('')
    .replace(/\s+/g, ' ');
}

const pasted: readonly (readonly [code: string, statements: string, byPosition: boolean])[] = [
  ['(key, context, [n], out) => out.collect(n)', 'emit ⟨2.0⟩', true],
  ['(key, context, [n], out) => { out.collect(n * 2); }', 'emit ⟨2.0⟩ * 2', true],
  ['(context, [n], out) => { if (n > 3) out.collect(n); }', 'if (⟨1.0⟩ > 3) emit ⟨1.0⟩', true],
  ['(key, context, [{ a, b }], out) => out.collect(a + b)', 'emit ⟨2.0.a⟩ + ⟨2.0.b⟩', true],
  ['(key, context, [, second], out) => out.collect(second)', 'emit ⟨2.1⟩', true],
  ['(key, { window }, [n], out) => out.collect(window.end - n)', 'emit ⟨1.window.end⟩ - ⟨2.0⟩', true],
  [
    '(key, context, elements, out) => { for (const n of elements) out.collect(n); }',
    'for (const ‹n› of ⟨2⟩) emit ‹n›',
    false,
  ],
];
for (const [code, statements, byPosition] of pasted) {
  test(`pasted: ${code}`, () => {
    const lowered = lowerLambda(code, { kind: 'flatMap' });
    assert.is(statementsOf(lowered), statements);
    assert.is(lowered.elementsByPosition === true, byPosition);
  });
}

const called: readonly (readonly [code: string, why: string])[] = [
  ['(key, context, [n = 1], out) => out.collect(n)', 'a default is a decision'],
  ['(key, context, [first, ...rest], out) => out.collect(rest.length)', 'the rest is an array'],
  ['(key, context, [n], out) => { n++; out.collect(n); }', 'the name is given another value'],
  ['(key, context, [{ a = 2 }], out) => out.collect(a)', 'a default further down'],
  ['(key, context, [n], out) => [out][0].collect(n)', 'the collector goes elsewhere'],
  ['(key, context, [n], out) => { var m = n; out.collect(m); }', 'var outlives a row'],
  ['([a], out) => out.collect(a)', 'a record of a flatMap may be anything that can be iterated'],
];
for (const [code, why] of called) {
  test(`called, because ${why}: ${code}`, () => {
    assert.is(lowerLambda(code, { kind: 'flatMap' }).statements, undefined);
  });
}

test('what is read of the context is known', () => {
  const usage = (code: string): string => printUsage(lowerLambda(code, { kind: 'flatMap' }).usage[1]!);
  assert.is(usage('(key, { window }, [n], out) => out.collect(window.start + n)'), '{window{start}}');
  assert.is(usage('(key, context, [n], out) => out.collect(n)'), '-');
  for (const call of ['context.currentWatermark()', 'context.window.maxTimestamp()'])
    assert.not.match(
      usage(`(key, context, [n], out) => out.collect(${call} + n)`),
      /^(-|\{window\{(start|end)(, end)?\}\})$/,
      call,
    );
});

test.run();
