/** Small programs made at random: as text for the compiler, and as text over the reference's arrays. */
import { Random } from './random.js';

export interface RandomProgram {
  readonly program: string;
  /** body of a function of `source` that returns rows by sink */
  readonly reference: string;
}

const types = `
interface Rec {
  readonly id: number;
  readonly key: string;
  readonly n: number;
  readonly opt?: number;
  readonly nested: { readonly a: number; readonly b: string };
  readonly tags: readonly string[];
  readonly maybe: { readonly x: number } | null;
}
`;
/** what lambdas capture; integers that stay small, so that sums do not depend on their order */
const captured = (numbers: boolean): string => `
const seven = 7;
const limits = { low: 2, high: 40, names: ['a', 'b'] };
const clip = (v${numbers ? ': number' : ''})${numbers ? ': number' : ''} => v % 1000;
`;
const merge = `(a, b) => ({
  id: Math.min(a.id, b.id),
  key: a.key < b.key ? a.key : b.key,
  n: clip(a.n + b.n),
  nested: { a: Math.max(a.nested.a, b.nested.a), b: a.nested.b > b.nested.b ? a.nested.b : b.nested.b },
  tags: [...a.tags, ...b.tags].sort().slice(0, 4),
  maybe: null,
})`;

export function randomProgram(seed: number): RandomProgram {
  return new Generator(new Random(seed)).program();
}

class Generator {
  readonly #random: Random;
  readonly #program: string[] = [];
  readonly #reference: string[] = [];
  readonly #sinks: string[] = [];
  #streams = 0;
  /** records of one key still follow each other as they did in the source */
  #ordered = true;

  constructor(random: Random) {
    this.#random = random;
  }

  program(): RandomProgram {
    const records = JSON.stringify(Array.from({ length: 40 }, (_, id) => this.#record(id)));
    let stream = 's0';
    for (let steps = 2 + this.#random.below(5); steps > 0; steps--) stream = this.#step(stream);
    this.#sink(stream, 'main');
    return {
      program: `
import { createEnvironment, OutputTag, SlidingEventTimeWindows, WatermarkStrategy } from 'flinkc';
import { CollectSink } from 'flinkc/collect';
${types}${captured(true)}
const env = createEnvironment();
const s0 = env.fromData<Rec>(${records})
  .assignTimestampsAndWatermarks(WatermarkStrategy.forBoundedOutOfOrderness<Rec>(1_000_000, r => (r.id * 13) % 100))
  .setParallelism(1);
${this.#program.join('\n')}
await env.execute('fuzz');
`,
      reference: `${captured(false)}
const s0 = source(${records}, r => (r.id * 13) % 100);
${this.#reference.join('\n')}
return { ${this.#sinks.join(', ')} };`,
    };
  }

  #record(id: number): object {
    const r = this.#random;
    return {
      id,
      key: r.pick(['x', 'y', 'z']),
      n: r.below(50) - 10,
      ...(r.chance(0.5) && { opt: r.below(20) }),
      nested: { a: r.below(9), b: r.pick(['x', 'é', '']) },
      tags: ['a', 'b', 'c'].slice(0, r.below(4)),
      maybe: r.chance(0.3) ? null : { x: r.below(5) },
    };
  }

  #step(input: string): string {
    switch (this.#random.below(this.#ordered ? 8 : 7)) {
      case 0:
      case 1:
        return this.#same(input, 'map', this.#mapper());
      case 2:
        return this.#same(input, 'filter', `r => ${this.#condition(2)}`);
      case 3:
        return this.#same(input, 'flatMap', this.#flatMapper());
      case 4:
        return this.#union(input);
      case 5:
        return this.#divert(input);
      case 6:
        return this.#window(input);
      default:
        return this.#reduce(input);
    }
  }

  #same(input: string, method: string, lambda: string): string {
    const type = method === 'filter' ? '' : '<Rec>';
    const parallelism = this.#ordered ? '.setParallelism(1)' : '';
    return this.#add(`${input}.${method}${type}(${lambda})${parallelism}`, `${input}.${method}(${lambda})`);
  }
  #union(input: string): string {
    const other = this.#same(input, 'map', this.#mapper());
    this.#ordered = false;
    return this.#add(`${input}.union(${other})`, `${input}.union(${other})`);
  }
  #divert(input: string): string {
    const [test, aside] = [this.#condition(1), this.#number(1)];
    const parallelism = this.#ordered ? '.setParallelism(1)' : '';
    const tag = `tag${this.#streams}`;
    this.#program.push(`const ${tag} = new OutputTag<number>('${tag}');`);
    const stream = this.#add(
      `${input}.process<Rec>((r, ctx, out) => {
  if (${test}) out.collect(r);
  else ctx.output(${tag}, ${aside});
})${parallelism}`,
      `${input}.divert(r => ${test}, r => ${aside})`,
    );
    this.#program.push(`${stream}.getSideOutput(${tag}).sinkTo(new CollectSink('${tag}'));`);
    this.#sinks.push(`${tag}: ${stream}.side`);
    return stream;
  }
  #window(input: string): string {
    const slide = this.#random.pick([10, 20]);
    const size = slide * this.#random.pick([1, 3]);
    const key = this.#key();
    this.#ordered = false;
    return this.#add(
      `${input}.keyBy(${key}).window(SlidingEventTimeWindows.of(${size}, ${slide})).reduce(${merge})`,
      `${input}.window(${key}, ${size}, ${slide}, ${merge})`,
    );
  }
  #reduce(input: string): string {
    const key = this.#key();
    const fn = this.#random.pick([
      merge,
      '(a, b) => ({ ...b, n: clip(a.n + b.n), opt: (a.opt ?? 0) + 1 })',
      '({ n, tags, ...rest }, b) => ({ ...rest, n: clip(n - b.n), tags: [...b.tags, ...tags].slice(0, 3) })',
      '(a, b) => (b.n > a.n ? b : a)',
    ]);
    this.#ordered = false;
    return this.#add(`${input}.keyBy(${key}).reduce(${fn})`, `${input}.reduce(${key}, ${fn})`);
  }

  #add(program: string, reference: string): string {
    const name = `s${++this.#streams}`;
    this.#program.push(`const ${name} = ${program};`);
    this.#reference.push(`const ${name} = ${reference};`);
    return name;
  }
  #sink(stream: string, id: string): void {
    const view = this.#random.pick([
      'r => r',
      'r => [r.key, r.n] as const',
      '({ id, maybe }) => ({ id, x: maybe?.x })',
    ]);
    this.#program.push(`${stream}.map(${view}).sinkTo(new CollectSink('${id}'));`);
    this.#sinks.push(`${id}: ${stream}.map(${view.replace(' as const', '')}).rows.map(row => row.value)`);
  }

  #key(): string {
    return this.#random.pick(
      [
        'r => r.key',
        '({ nested }) => nested.b',
        `r => String(Math.abs(${this.#number(1)}) % 3)`,
        'r => [r.key, r.nested.a % 2 === 0] as const',
      ].map(key => key.replace(' as const', '')),
    );
  }
  #mapper(): string {
    const e = (): string => `clip(${this.#number(2)})`;
    switch (this.#random.below(9)) {
      case 0:
        return `r => ({ ...r, n: ${e()} })`;
      case 1:
        return `({ n, ...rest }) => ({ ...rest, n: clip(n * ${this.#random.below(5)} - 1) })`;
      case 2:
        return `r => ({ ...r, nested: { ...r.nested, a: ${e()} } })`;
      case 3:
        return '({ opt = seven, ...rest }) => ({ ...rest, opt: opt + 1 })';
      case 4:
        return '({ opt, ...rest }) => (opt !== undefined && opt > 5 ? { ...rest, opt } : rest)';
      case 5:
        return "r => ({ ...r, tags: [...r.tags, r.nested.b, ...limits.names].filter(tag => tag !== '') })";
      case 6:
        return `r => ({ ...r, maybe: ${this.#condition(1)} ? null : { x: ${e()} } })`;
      case 7:
        return `r => {
  const { nested: { a, b }, tags: [first = 'none'], maybe } = r;
  const x = maybe?.x ?? limits.low;
  return { ...r, key: b === '' ? r.key : b, n: clip(a + first.length + x) };
}`;
      default:
        return `r => {
  let total = 0;
  for (const tag of r.tags) total += tag.length + ${e()};
  return { ...r, n: clip(total) };
}`;
    }
  }
  #flatMapper(): string {
    return this.#random.pick([
      `r => (${this.#condition(1)} ? [r] : [])`,
      'r => r.tags.map(tag => ({ ...r, key: tag }))',
      `function* (r) {
  yield r;
  if (${this.#condition(1)}) yield { ...r, n: clip(${this.#number(1)}) };
}`,
    ]);
  }
  #number(depth: number): string {
    const r = this.#random;
    if (depth === 0 || r.chance(0.3))
      return r.pick([
        'r.n',
        'r.id',
        'r.nested.a',
        '(r.opt ?? 3)',
        '(r.maybe?.x ?? -1)',
        'r.tags.length',
        'seven',
        'limits.high',
        String(r.below(9)),
      ]);
    const [a, b] = [this.#number(depth - 1), this.#number(depth - 1)];
    return r.pick([
      `(${a} + ${b})`,
      `(${a} - ${b})`,
      `(${a} % 7)`,
      `Math.max(${a}, ${b})`,
      `clip(${a})`,
      `(${this.#condition(depth - 1)} ? ${a} : ${b})`,
    ]);
  }
  #condition(depth: number): string {
    const r = this.#random;
    const [a, b] = [this.#number(Math.max(0, depth - 1)), this.#number(0)];
    if (depth === 0 || r.chance(0.5))
      return r.pick([
        `${a} > ${b}`,
        `${a} % 2 === 0`,
        'r.opt !== undefined',
        'Boolean(r.maybe)',
        "r.tags.includes('b')",
        "r.nested.b === 'x'",
      ]);
    const [c, d] = [this.#condition(depth - 1), this.#condition(depth - 1)];
    return r.pick([`(${c} && ${d})`, `(${c} || ${d})`, `!(${c})`]);
  }
}
