/** Methods handed over as functions. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileFiles, prelude, runProgram } from './compile-program.js';

test('static methods without `this` are functions like any other', async () => {
  const { out } = await runProgram({
    'helpers.ts': `
      const factor = 2;
      export class Helpers {
        static double(n: number): number {
          return n * factor;
        }
        static isLarge = (n: number): boolean => n > 2;
      }`,
    'program.ts': `${prelude}
      import { Helpers } from './helpers.js';
      function build() {
        const offset = { by: 10 };
        class Local {
          static shift(n: number): number { return n + offset.by; }
        }
        const double = Helpers.double;
        return numbers.map(Helpers.double).filter(Helpers.isLarge).map(Local.shift).map(n => double(n));
      }
      build().sinkTo(new CollectSink<number>('out'));
      await env.execute('static');`,
  });
  assert.equal(out, [28, 32]);
});

test('static methods that need their class are refused', async () => {
  await compileFiles(
    {
      'program.ts': `${prelude}
        class Scale {
          static factor = 2;
          static apply(n: number): number { return n * this.factor; }
        }
        numbers.map(Scale.apply).sinkTo(new CollectSink<number>('out'));
        await env.execute('static');`,
    },
    program => assert.equal(program.codes, ['FC1108']),
  );
});

test.run();
