/** Live progress of a job on a terminal: one line per task, redrawn in place. */
import type { JobProgress, TaskProgress } from '../runtime/embedded/index.js';

export class ProgressDisplay {
  readonly #stream: NodeJS.WriteStream;
  #lines = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }
  show(progress: JobProgress): void {
    const width = this.#stream.columns || 80;
    const rows = progress.tasks.map(task => taskLine(task, width));
    this.clear();
    this.#stream.write(`${rows.join('\n')}\n`);
    this.#lines = rows.length;
  }
  /** Takes the progress off the screen, so that what is printed next stands where it stood. */
  clear(): void {
    if (this.#lines > 0) this.#stream.write(`\u001b[${this.#lines}A\u001b[0J`);
    this.#lines = 0;
  }
}

/** `Source: rides -> Filter      1,204,332 rec   812,000/s   wm 00:14:59  busy  61%  back-pressured` */
function taskLine(task: TaskProgress, width: number): string {
  const facts = [
    `${count(task.numRecordsIn).padStart(11)} rec`,
    `${count(Math.round(task.numRecordsInPerSecond)).padStart(10)}/s`,
    `wm ${watermarkText(task.currentInputWatermark)}`,
    `busy ${String(Math.round(task.busyTimeMsPerSecond / 10)).padStart(3)}%`,
    task.isBackPressured ? 'back-pressured' : '',
  ]
    .join('  ')
    .trimEnd();
  const room = Math.max(12, width - facts.length - 3);
  const name = task.name.length > room ? `${task.name.slice(0, room - 1)}…` : task.name.padEnd(room);
  return `${name}  ${facts}`.slice(0, width);
}

export const count = (n: number): string => n.toLocaleString('en-US');

/** Event time of a watermark; '-' before the first, 'end' after the last. */
function watermarkText(watermark: number): string {
  if (watermark <= -(2 ** 62)) return '-'.padEnd(19);
  if (watermark >= 2 ** 62) return 'end'.padEnd(19);
  const date = new Date(watermark);
  return Number.isNaN(date.getTime())
    ? String(watermark).padEnd(19)
    : date.toISOString().slice(0, 19).replace('T', ' ');
}
