/** Checked writes to an op's settings; shared by operators and sinks. */
import type { RecordedOp } from './recording.js';
import { recorder } from './recorder.js';

/** flink: KeyGroupRangeAssignment.UPPER_BOUND_MAX_PARALLELISM */
const maxMaxParallelism = 32_768;

export function isParallelism(n: number): boolean {
  return Number.isInteger(n) && n >= 1 && n <= maxMaxParallelism;
}

export function setParallelism(
  op: RecordedOp,
  parallelism: number,
  nonParallel: boolean,
  site: string | null,
): void {
  if (!isParallelism(parallelism)) {
    recorder().mistake('FC2100', { setting: 'parallelism', value: String(parallelism) }, site);
    return;
  }
  if (nonParallel && parallelism !== 1) {
    recorder().mistake('FC2103', { op: op.kind, parallelism: String(parallelism) }, site);
    return;
  }
  op.settings.parallelism = parallelism;
  checkAgainstMax(op, site);
  for (const input of op.inputs) {
    const upstream = input.from.settings.parallelism;
    if (input.partition.kind === 'forward' && upstream !== null && upstream !== parallelism) {
      const args = { upstream: String(upstream), parallelism: String(parallelism) };
      recorder().mistake('FC2102', args, site);
    }
  }
}

export function setMaxParallelism(op: RecordedOp, maxParallelism: number, site: string | null): void {
  if (!isParallelism(maxParallelism)) {
    recorder().mistake('FC2100', { setting: 'max parallelism', value: String(maxParallelism) }, site);
    return;
  }
  op.settings.maxParallelism = maxParallelism;
  checkAgainstMax(op, site);
}

function checkAgainstMax(op: RecordedOp, site: string | null): void {
  const { parallelism, maxParallelism } = op.settings;
  if (parallelism !== null && maxParallelism !== null && parallelism > maxParallelism) {
    const args = { parallelism: String(parallelism), maxParallelism: String(maxParallelism) };
    recorder().mistake('FC2101', args, site);
  }
}

export function setUidHash(op: RecordedOp, uidHash: string, site: string | null): void {
  if (!/^[0-9a-fA-F]{32}$/.test(uidHash)) {
    recorder().mistake('FC2105', { uidHash }, site);
    return;
  }
  op.settings.uidHash = uidHash.toLowerCase();
}

export function setBufferTimeout(op: RecordedOp, timeout: number, site: string | null): void {
  if (!isBufferTimeout(timeout)) {
    recorder().mistake('FC2106', { timeout: String(timeout) }, site);
    return;
  }
  op.settings.bufferTimeout = timeout;
}

/** -1: only full buffers are sent; 0: every record at once. */
export function isBufferTimeout(timeout: number): boolean {
  return Number.isFinite(timeout) && (timeout >= 0 || timeout === -1);
}

export function setUid(op: RecordedOp, uid: string, site: string | null): void {
  if (uid === '') recorder().mistake('FC2115', {}, site);
  op.settings.uid = uid;
}
