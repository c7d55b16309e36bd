/** Golden savepoints of every version of the format: fixtures/compat/v<format>. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runEmbedded, type JobHandle } from '../../runtime/embedded/index.js';

export const programs = ['async', 'keyed-state', 'kinds', 'sinks', 'two-inputs', 'windows'] as const;

/** Records of a sink in any order: how many, and the sum of their hashes. */
export interface Digest {
  readonly count: number;
  readonly sum: string;
}
export type Digests = Readonly<Record<string, Digest>>;
export interface Golden {
  readonly parallelism: number;
  readonly checkpointId: number;
  /** what the sinks had before the savepoint */
  readonly before: Digests;
  /** what they have of a run that is not disturbed */
  readonly total: Digests;
}

/** Where the sinks write to: a relative path, because file sinks keep it in their state. */
export const filesFolder = 'files';

/** Starts the job in a folder; the collector has what its sinks received. */
export async function start(
  artifactDir: string,
  parallelism: number,
  folder: string,
  restore?: string,
): Promise<{ readonly job: JobHandle; readonly collector: Collector }> {
  mkdirSync(join(folder, filesFolder), { recursive: true });
  process.chdir(folder);
  const collector = new Collector(join(folder, filesFolder));
  const job = await runEmbedded({
    artifactDir,
    parallelism,
    restore,
    params: { directory: filesFolder },
    configuration: { 'pipeline.auto-watermark-interval': '10 ms', 'pipeline.max-parallelism': '128' },
    onRecords: (id, records, afterCheckpoint) => collector.add(id, records, afterCheckpoint),
  });
  return { job, collector };
}

/**
 * By sink: properties in the order that their digests were made with. It is not promised: what is taken apart on its way
 * has them in that of its schema.
 */
const properties: Readonly<Record<string, string[]>> = { sliding: ['sensor', 'start', 'end', 'indexes'] };

export class Collector {
  readonly #directory: string;
  readonly #records: { readonly id: string; readonly hash: bigint; readonly afterCheckpoint: number }[] = [];

  constructor(directory: string) {
    this.#directory = directory;
  }
  get count(): number {
    return this.#records.length;
  }
  add(id: string, records: readonly unknown[], afterCheckpoint: number): void {
    for (const record of records)
      this.#records.push({ id, hash: hashOf(JSON.stringify(record, properties[id])), afterCheckpoint });
  }
  /** After the job has ended; `until`: without what came after this checkpoint. */
  digests(until = Infinity): Digests {
    const all = new Map<string, bigint[]>();
    const add = (id: string, hash: bigint): void => {
      const hashes = all.get(id);
      if (hashes) hashes.push(hash);
      else all.set(id, [hash]);
    };
    for (const { id, hash, afterCheckpoint } of this.#records) if (afterCheckpoint < until) add(id, hash);
    for (const file of finishedFiles(this.#directory))
      for (const line of readFileSync(file, 'utf8').trimEnd().split('\n')) add('files', hashOf(line));
    return Object.fromEntries([...all.keys()].sort().map(id => [id, digestOf(all.get(id)!)]));
  }
}

export function plus(a: Digests, b: Digests): Digests {
  const ids = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  const none: Digest = { count: 0, sum: '0' };
  return Object.fromEntries(
    ids.map(id => {
      const [x, y] = [a[id] ?? none, b[id] ?? none];
      return [id, { count: x.count + y.count, sum: wrapped(BigInt(x.sum) + BigInt(y.sum)) }];
    }),
  );
}

function digestOf(hashes: readonly bigint[]): Digest {
  return { count: hashes.length, sum: wrapped(hashes.reduce((a, b) => a + b, 0n)) };
}
function wrapped(sum: bigint): string {
  return String(BigInt.asUintN(64, sum));
}
function hashOf(text: string): bigint {
  return createHash('sha256').update(text).digest().readBigUInt64LE();
}
function finishedFiles(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter(file => !file.startsWith('.'))
    .map(file => join(directory, file));
}
