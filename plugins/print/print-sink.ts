import { ship, type ShipReference, type Shippable } from '../api/shipping.js';
import type { Sink, SinkWriter, WriterInitContext } from '../api/sink.js';
import { cellWriter } from '../api/text-form.js';

export interface PrintOptions {
  /** printed before each record: `identifier> record` */
  readonly identifier?: string;
  /** standard error instead of standard output */
  readonly stdErr?: boolean;
}

/** Lines are collected up to this many characters before they are written. */
const bufferedCharacters = 16_384;

/**
 * Prints each record on a line of its own. With a parallelism above 1 the line starts with the subtask's number, from 1
 * (flink: PrintSink).
 */
export class PrintSink<T> implements Sink<T>, Shippable {
  readonly #options: PrintOptions;
  /** @param options a string is the identifier */
  constructor(options: PrintOptions | string = {}) {
    this.#options = typeof options === 'string' ? { identifier: options } : options;
  }
  [ship](): ShipReference {
    return { module: 'flinkc/print', name: 'PrintSink', args: [this.#options] };
  }
  describe(): string {
    return this.#options.stdErr ? 'print to stderr' : 'print';
  }
  createWriter(context: WriterInitContext): SinkWriter<T> {
    return new PrintWriter(this.#options, context);
  }
}

class PrintWriter<T> implements SinkWriter<T> {
  readonly #stream: NodeJS.WriteStream;
  readonly #prefix: string;
  readonly #text: (value: unknown) => string;
  #buffer = '';
  #full: Promise<void> | null = null;

  constructor(options: PrintOptions, context: WriterInitContext) {
    this.#stream = options.stdErr ? process.stderr : process.stdout;
    const number = context.parallelism > 1 ? String(context.subtask + 1) : '';
    const label = [options.identifier, number].filter(Boolean).join(':');
    this.#prefix = label === '' ? '' : `${label}> `;
    this.#text = cellWriter(context.schema);
  }
  write(element: T): void {
    this.#buffer += `${this.#prefix}${this.#text(element)}\n`;
    if (this.#buffer.length < bufferedCharacters) return;
    const [earlier, now] = [this.#full, this.#drain()];
    this.#full = earlier ? Promise.all([earlier, now]).then(() => {}) : now;
  }
  backPressure(): Promise<void> | null {
    const waiting = this.#full ?? (this.#buffer === '' ? null : this.#drain());
    this.#full = null;
    return waiting;
  }
  async flush(): Promise<void> {
    await this.#drain();
  }
  async close(): Promise<void> {
    await this.#drain();
  }
  /** Settles when the stream has taken the text, so that a slow reader holds the job back. */
  #drain(): Promise<void> {
    const text = this.#buffer;
    this.#buffer = '';
    if (text === '') return Promise.resolve();
    return new Promise((resolve, reject) => {
      // a reader that went away (`| head`) ends the job's interest in printing, not the job
      this.#stream.write(text, error =>
        error && (error as NodeJS.ErrnoException).code !== 'EPIPE' ? reject(error) : resolve(),
      );
    });
  }
}
