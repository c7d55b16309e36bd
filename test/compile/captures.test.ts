/** What functions captured keeps its identity in the artifact. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileFiles, prelude, runProgram } from './compile-program.js';

test('two captures of one function that share an object still do', async () => {
  const { out } = await runProgram(`${prelude}
    function build() {
      const seen = { list: [1] };
      const alias = { seen };
      return numbers.map(n => (alias.seen === seen && alias.seen.list === seen.list ? n : -n));
    }
    build().sinkTo(new CollectSink<number>('out'));
    await env.execute('identity');
  `);
  assert.equal(out, [1, 2, 3]);
});

test('the functions of one operator share what they captured', async () => {
  const { out } = await runProgram(`${prelude}
    function build() {
      const unit = { size: 1 };
      const registry = new Map([['unit', unit]]);
      const isSame = (other: unknown) => other === unit && registry.get('unit') === unit;
      const mapper = {
        size: unit,
        map(n: number) {
          return isSame(this.size) && this.size === registry.get('unit') ? n : -n;
        },
      };
      return numbers.map(mapper);
    }
    build().sinkTo(new CollectSink<number>('out'));
    await env.execute('identity');
  `);
  assert.equal(out, [1, 2, 3]);
});

test('an instance that two captures lead to is made once', async () => {
  const { out, code } = await runProgram(`${prelude}
    class Scale { constructor(readonly factor: number) {} }
    function build() {
      const scale = new Scale(2);
      const holder = { scale };
      return numbers.map(n => (holder.scale === scale ? n * scale.factor : 0));
    }
    build().sinkTo(new CollectSink<number>('out'));
    await env.execute('identity');
  `);
  assert.equal(out, [2, 4, 6]);
  assert.is(code.match(/new \w*[sS]cale\w*\(/g)?.length, 1);
});

test('functions that call each other keep their references', async () => {
  const { out } = await runProgram(`${prelude}
    function build() {
      const limit = { value: 2 };
      const isEven = (n: number): boolean => (n === 0 ? limit.value === 2 : isEven(n - 1) === false);
      const pick = (n: number) => (isEven(n) ? limit.value : n);
      return numbers.map(n => pick(n) + (isEven(n) ? 0 : limit.value));
    }
    build().sinkTo(new CollectSink<number>('out'));
    await env.execute('identity');
  `);
  assert.equal(out, [3, 2, 5]);
});

test('tables of many thousand entries are written as they are', async () => {
  const { out } = await runProgram(`${prelude}
    function build() {
      const names = new Map<number, { id: number; name: string | undefined; rest: readonly (number | null)[] }>();
      for (let i = 0; i < 20_000; i++)
        names.set(i, { id: -i, name: i % 2 ? 'n"' + i : undefined, rest: [null, NaN, -0, 2] });
      const size = new Set([-1, 1]).size;
      return numbers.map(n => [names.size, size, names.get(n)!]);
    }
    build().sinkTo(new CollectSink('out'));
    await env.execute('table');
  `);
  assert.equal(out[0], [20_000, 2, { id: -1, name: 'n"1', rest: [null, NaN, -0, 2] }]);
  assert.equal((out[1] as unknown[])[2], { id: -2, name: undefined, rest: [null, NaN, -0, 2] });
});

test('structures that are linked ever deeper are refused', async () => {
  const linked = (depth: number): string => `${prelude}
    interface Node { readonly next: Node | null }
    function build() {
      let head: Node | null = null;
      for (let i = 0; i < ${depth}; i++) head = { next: head };
      const first = head;
      return numbers.map(n => (first ? n : 0));
    }
    build().sinkTo(new CollectSink<number>('out'));
    await env.execute('linked');
  `;
  await compileFiles({ 'program.ts': linked(20_000) }, program => {
    assert.equal(program.codes, ['FC1104']);
    assert.match(program.messages, 'nested more than 400 levels deep');
  });
  assert.equal((await runProgram(linked(300))).out, [1, 2, 3]);
});

test('big tables are shipped as one text, with every kind of character', async () => {
  const { out, code } = await runProgram(`${prelude}
    class Lookup {
      constructor(private readonly names: Set<string>) {}
      map(n: number): boolean { return this.names.has('name ' + n); }
    }
    function build() {
      const texts = new Map<string, string>();
      const rows: Record<string, { id: number; flags: (boolean | null)[] }> = {};
      const names = new Set<string>();
      for (let i = 0; i < 600; i++) {
        texts.set('key ' + i, \`it's "\${i}" \\\\ \\n \\u2028 \${String.fromCharCode(0xd800)} äж😀\`);
        rows['row ' + i] = { id: -i - 0.5, flags: [i % 2 === 0, null] };
        names.add('name ' + i * 2);
      }
      const expected = texts.get('key 2')!;
      return numbers.map(n => [texts.get('key 2') === expected, rows['row ' + n]!.id, rows['row ' + n]!.flags[0]]);
    }
    build().sinkTo(new CollectSink('out'));
    const names = new Set<string>();
    for (let i = 0; i < 600; i++) names.add('name ' + i * 2);
    numbers.map(new Lookup(names)).sinkTo(new CollectSink('instances'));
    await env.execute('tables');
  `);
  assert.equal(out, [
    [true, -1.5, false],
    [true, -2.5, true],
    [true, -3.5, false],
  ]);
  assert.is(code.match(/new Map\(JSON\.parse\(/g)?.length, 1);
  assert.is(code.match(/new Set\(JSON\.parse\(/g)?.length, 1);
});

for (const [order, condition] of [
  ['before', 'one === rows[2] && list === lists.get("a")'],
  ['after', 'rows[2] === one && lists.get("a") === list'],
])
  test(`objects of a big table that are captured on their own, ${order} it, stay the same objects`, async () => {
    const { out } = await runProgram(`${prelude}
      function build() {
        const rows = Array.from({ length: 600 }, (_, id) => ({ id }));
        const one = rows[2]!;
        const list = [...Array(600).keys()];
        const lists = new Map([['a', list], ['b', [1]]]);
        return numbers.map(n => (${condition} ? n : -n));
      }
      build().sinkTo(new CollectSink<number>('out'));
      await env.execute('identity');
    `);
    assert.equal(out, [1, 2, 3]);
  });

test('what JSON cannot say is not lost in a big table', async () => {
  const { out } = await runProgram(`${prelude}
    function build() {
      const twice = { id: 1 };
      const odd = [undefined, NaN, -0, 1n, new Date(5), twice, twice, (n: number) => n + 1] as const;
      const many = [...odd, ...Array(600).keys()];
      return numbers.map(() => {
        const add = many[7] as (n: number) => number;
        return [
          many[0] === undefined, Number.isNaN(many[1]), Object.is(many[2], -0), many[3] === 1n,
          (many[4] as Date).getTime(), many[5] === many[6], add(1), many.length,
        ].join(' ');
      });
    }
    build().sinkTo(new CollectSink('out'));
    await env.execute('odd');
  `);
  assert.is(out[0], 'true true true true 5 true 2 608');
});

test('a big table that changes after it was captured is an error', async () => {
  await compileFiles(
    {
      'program.ts': `${prelude}
        function build() {
          const rates = new Map(Array.from({ length: 600 }, (_, i) => ['c' + i, i]));
          numbers.map(n => rates.get('c' + n) ?? 0).sinkTo(new CollectSink<number>('out'));
          rates.set('c5', -1);
        }
        build();
        await env.execute('changed');
      `,
    },
    ({ codes, messages }) => {
      assert.equal(codes, ['FC1102']);
      assert.match(messages, /rates/);
    },
  );
});

test.run();
