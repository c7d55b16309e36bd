/** Entry of the thread that encodes snapshots: one job after the other has its turn, as pages come. */
import { parentPort } from 'node:worker_threads';
import type { EncoderReply, EncoderRequest } from './encoder-messages.js';
import { PageBatch } from './page-batch.js';
import { RUN_BYTES, TableEncoder } from './table-encoder.js';

/** Of one job: what is not written yet. More would only fill memory when the disk is slow. */
const RUNS_UNDER_WAY = 4;

interface Job {
  encoder: TableEncoder;
  underWay: number;
  isCancelled: boolean;
  /** goes on when blocks are written, or the job is cancelled */
  wake: (() => void) | null;
}

const port = parentPort!;
const jobs = new Map<number, Job>();
const spare: ArrayBuffer[] = [];
const queue: Exclude<EncoderRequest, { readonly type: 'written' }>[] = [];
let running = false;

port.on('message', (request: EncoderRequest) => {
  switch (request.type) {
    case 'written': {
      spare.push(request.buffer);
      const job = jobs.get(request.job);
      if (!job) return;
      job.underWay--;
      job.wake?.();
      return;
    }
    case 'cancel': {
      const job = jobs.get(request.job);
      if (job) job.isCancelled = true;
      job?.wake?.();
      break; // and is forgotten when it has its turn
    }
    default:
  }
  queue.push(request);
  if (!running) void run();
});

async function run(): Promise<void> {
  running = true;
  for (let request = queue.shift(); request; request = queue.shift()) {
    try {
      await perform(request);
    } catch (error) {
      jobs.delete(request.job);
      say({ type: 'failed', job: request.job, message: (error as Error).message });
    }
  }
  running = false;
}

async function perform(request: (typeof queue)[number]): Promise<void> {
  if (request.type === 'begin') {
    jobs.set(request.job, open(request));
    return;
  }
  const { job: id } = request;
  const job = jobs.get(id);
  if (request.type === 'pages') {
    if (job && !job.isCancelled) await job.encoder.encode(new PageBatch(request.buffer, request.count));
    say({ type: 'encoded', job: id, buffer: request.buffer }, request.buffer);
    return;
  }
  if (request.type === 'end' && job && !job.isCancelled) {
    await job.encoder.end();
    say({ type: 'done', job: id });
  }
  jobs.delete(id);
}

function open({ job: id, what }: Extract<EncoderRequest, { readonly type: 'begin' }>): Job {
  const nextBuffer = async (): Promise<ArrayBuffer> => {
    while (job.underWay >= RUNS_UNDER_WAY && !job.isCancelled)
      await new Promise<void>(resolve => (job.wake = resolve));
    job.wake = null;
    job.underWay++;
    return spare.pop() ?? new ArrayBuffer(RUN_BYTES);
  };
  const job: Job = {
    encoder: new TableEncoder(what, nextBuffer, run => {
      if (!job.isCancelled) say({ type: 'blocks', job: id, run }, run.bytes.buffer);
    }),
    underWay: 0,
    isCancelled: false,
    wake: null,
  };
  return job;
}

function say(reply: EncoderReply, transfer?: ArrayBuffer): void {
  port.postMessage(reply, transfer ? [transfer] : []);
}
