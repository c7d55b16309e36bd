import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${model}, ${availableParallelism()} cores, ${memory} GiB, ${process.platform} ${release()}, Node ${process.version} (V8 ${process.versions.v8}), load ${loadavg()[0]!.toFixed(1)}`;
}
