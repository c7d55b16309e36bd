/** Contestants run in turn, round by round, so that whatever else the machine does meets all of them. */
import { isDeepStrictEqual } from 'node:util';

export interface Measurement {
  readonly seconds: number;
  /** of all threads */
  readonly cpuSeconds: number;
  /** CPU time of the busiest thread, where it was asked for; null: the system does not say */
  readonly threadSeconds?: number | null;
  /** what came out; must be the same for everybody */
  readonly digest: unknown;
}
export interface Contestant {
  readonly name: string;
  run(): Promise<Measurement>;
  /** its output differs by nature: not compared */
  readonly ownDigest?: true;
}
export interface Figure {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}
export interface Standing {
  readonly name: string;
  readonly seconds: Figure;
  readonly cpuSeconds: Figure;
  readonly runs: readonly Measurement[];
}

export async function contest(
  contestants: readonly Contestant[],
  rounds: number,
): Promise<readonly Standing[]> {
  const runs = contestants.map((): Measurement[] => []);
  for (let round = 0; round < rounds; round++)
    for (const [i, contestant] of contestants.entries()) runs[i]!.push(await contestant.run());
  const expected = runs[0]![0]!.digest;
  return contestants.map(({ name, ownDigest }, i) => {
    for (const { digest } of runs[i]!)
      if (!ownDigest && !isDeepStrictEqual(digest, expected))
        throw new Error(
          `${name} gave ${JSON.stringify(digest)}, ${contestants[0]!.name} ${JSON.stringify(expected)}`,
        );
    return {
      name,
      seconds: figure(runs[i]!.map(run => run.seconds)),
      cpuSeconds: figure(runs[i]!.map(run => run.cpuSeconds)),
      runs: runs[i]!,
    };
  });
}

/** How many times as long `slow` takes, round by round: what disturbed a round disturbed both. */
export function ratio(slow: Standing, fast: Standing, of: 'seconds' | 'cpuSeconds' = 'cpuSeconds'): Figure {
  return figure(slow.runs.map((run, round) => run[of] / fast.runs[round]![of]));
}

export function figure(values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, low: sorted[0]!, high: sorted.at(-1)! };
}

/** Times → rates. */
export function rate(amount: number, { median, low, high }: Figure): Figure {
  return { median: amount / median, low: amount / high, high: amount / low };
}
