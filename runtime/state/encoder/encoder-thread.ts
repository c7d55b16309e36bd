/** The slot's side of the thread that encodes its snapshots. Started by the first snapshot that is worth it. */
import type { Worker } from 'node:worker_threads';
import type { BlockRun } from '../format/state-file-writer.js';
import { startStateWorker } from '../state-worker.js';
import type { EncoderReply, EncoderRequest, EncodingJob } from './encoder-messages.js';
import { PageBatch } from './page-batch.js';

/** Of one job: what the thread has not encoded yet. */
const BATCHES_UNDER_WAY = 4;

export class EncoderThread {
  /** tables with fewer pages are encoded where they are: that takes a millisecond or two */
  readonly fromPages: number;
  readonly #jobs = new Map<number, Encoding>();
  /** memory that is fresh costs several times as much as the copy */
  readonly #spare: ArrayBuffer[] = [];
  #worker: Worker | null = null;
  #nextJob = 1;

  constructor(fromPages = 16) {
    this.fromPages = fromPages;
  }
  begin(what: EncodingJob): Encoding {
    this.#worker ??= this.#start();
    this.#worker.ref();
    const job = this.#nextJob++;
    const encoding = new Encoding(
      (request, buffer) => this.#worker?.postMessage(request, buffer ? [buffer] : []),
      job,
      this.#spare,
      () => this.#ended(job),
    );
    this.#jobs.set(job, encoding);
    this.#worker.postMessage({ type: 'begin', job, what } satisfies EncoderRequest);
    return encoding;
  }
  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = startStateWorker(new URL('./encoder-worker', import.meta.url), {
      name: 'snapshot-encoder',
    });
    worker.on('message', (reply: EncoderReply) => {
      if (reply.type === 'encoded') this.#spare.push(reply.buffer);
      this.#jobs.get(reply.job)?.on(reply);
    });
    let reason = '';
    worker.on('error', error => (reason = `: ${error.message}`));
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = null;
      for (const [job, encoding] of this.#jobs)
        encoding.on({ type: 'failed', job, message: `the thread that encodes snapshots has ended${reason}` });
    });
    return worker;
  }
  #ended(job: number): void {
    this.#jobs.delete(job);
    if (this.#jobs.size === 0) this.#worker?.unref();
  }
}

/** A table that is being encoded: pages go in, blocks come out. */
export class Encoding {
  readonly #post: (request: EncoderRequest, buffer?: ArrayBuffer) => void;
  readonly #job: number;
  readonly #spare: ArrayBuffer[];
  readonly #onEnd: () => void;
  #underWay = 0;
  #runs: BlockRun[] = [];
  #state: 'running' | 'done' | Error = 'running';
  #wake: (() => void) | null = null;

  constructor(
    post: (request: EncoderRequest, buffer?: ArrayBuffer) => void,
    job: number,
    spare: ArrayBuffer[],
    onEnd: () => void,
  ) {
    this.#post = post;
    this.#job = job;
    this.#spare = spare;
    this.#onEnd = onEnd;
  }
  get hasRoom(): boolean {
    return this.#underWay < BATCHES_UNDER_WAY;
  }
  batch(): PageBatch {
    return new PageBatch(this.#spare.pop());
  }
  send({ buffer, count }: PageBatch): void {
    this.#underWay++;
    this.#post({ type: 'pages', job: this.#job, buffer, count }, buffer);
  }
  /** Nothing more is sent. */
  end(): void {
    this.#post({ type: 'end', job: this.#job });
  }
  /** Blocks, as they come. `awaitsRoom`: the caller has more pages. */
  async next(awaitsRoom: boolean): Promise<BlockRun | 'room' | 'done'> {
    for (;;) {
      const run = this.#runs.shift();
      if (run) return run;
      if (this.#state instanceof Error) throw this.#state;
      if (this.#state === 'done') return 'done';
      if (awaitsRoom && this.hasRoom) return 'room';
      await new Promise<void>(resolve => (this.#wake = resolve));
    }
  }
  written({ bytes }: BlockRun): void {
    this.#post({ type: 'written', job: this.#job, buffer: bytes.buffer }, bytes.buffer);
  }
  /** Called once, whether everything was encoded or not. */
  close(): void {
    if (this.#state === 'running') this.#post({ type: 'cancel', job: this.#job });
    this.#onEnd();
  }

  on(reply: EncoderReply): void {
    switch (reply.type) {
      case 'blocks':
        this.#runs.push(reply.run);
        break;
      case 'encoded':
        this.#underWay--;
        break;
      case 'done':
        this.#state = 'done';
        break;
      case 'failed':
        this.#state = new Error(reply.message);
        break;
    }
    this.#wake?.();
    this.#wake = null;
  }
}
