/** Chains of maps over a record of eight fields, as programs: each map rebuilds the record and changes two fields. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';

const fields = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

function program(maps: number, records: number): string {
  const map = (i: number): string => {
    const x = fields[i % 8]!;
    const y = fields[(i + 3) % 8]!;
    const values = fields.map(field =>
      field === x
        ? `${x}: r.${x} + r.${y}`
        : field === y
          ? `${y}: r.${y} ^ ${i + 1}`
          : `${field}: r.${field}`,
    );
    return `  .map(r => ({ ${values.join(', ')} }))`;
  };
  return [
    `import { createEnvironment } from 'flinkc';`,
    `import { DigestSink } from '../../digest-sink.js';`,
    `const env = createEnvironment();`,
    `env.fromSequence(1, ${records})`,
    `  .map(n => ({ ${fields.map((field, i) => `${field}: (n + ${i}) | 0`).join(', ')} }))`,
    ...Array.from({ length: maps }, (_, i) => map(i)),
    `  .filter(r => (r.a ^ r.b ^ r.c ^ r.d ^ r.e ^ r.f ^ r.g ^ r.h) % 8 === 0)`,
    `  .map(r => ({ a: r.a | 0 }))`,
    `  .sinkTo(new DigestSink(r => r.a & 0xff));`,
    `await env.execute('chain-${maps}');`,
    '',
  ].join('\n');
}

/** Written beside this file, so that it finds what it imports; the callback gets its place. */
export async function withChain<T>(
  maps: number,
  records: number,
  use: (file: URL) => Promise<T>,
): Promise<T> {
  const folder = new URL('generated/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  try {
    const file = new URL(`chain-${maps}.ts`, folder);
    writeFileSync(file, program(maps, records));
    return await use(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
