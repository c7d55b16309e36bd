import { createConnection, type Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import { ConnectorError } from '../api/connector-error.js';
import type { PollStatus, ReaderOutput, SourceReader, SourceReaderContext } from '../api/source.js';
import type { SocketOptions, SocketSplit } from './socket-source.js';

const retryDelayMs = 1000;
/** The connection is paused beyond this many waiting records, so that a fast server cannot fill the memory. */
const maxWaiting = 10_000;
const maxRecordCharacters = 16 << 20;

export class SocketReader implements SourceReader<string, SocketSplit> {
  readonly #context: SourceReaderContext;
  readonly #hostname: string;
  readonly #port: number;
  readonly #delimiter: string;
  #retriesLeft: number;
  #split: SocketSplit | null = null;
  #noMoreSplits = false;
  #socket: Socket | null = null;
  readonly #decoder = new StringDecoder('utf8');
  #partial = '';
  #waiting: string[] = [];
  /** index of the first waiting record */
  #next = 0;
  #ended = false;
  #error: Error | null = null;
  #closed = false;
  #paused = false;
  #retry: NodeJS.Timeout | null = null;
  #wake: (() => void) | null = null;

  constructor(context: SourceReaderContext, hostname: string, port: number, options: SocketOptions) {
    this.#context = context;
    this.#hostname = hostname;
    this.#port = port;
    this.#delimiter = options.delimiter ?? '\n';
    const retries = options.maxRetry ?? 0;
    this.#retriesLeft = retries < 0 ? Infinity : retries;
  }
  start(): void {
    this.#context.sendSplitRequest();
  }
  pollNext(output: ReaderOutput<string>): PollStatus {
    if (this.#error) throw this.#error;
    if (!this.#split) return this.#noMoreSplits ? 'END_OF_INPUT' : 'NOTHING_AVAILABLE';
    if (this.#paused) return 'NOTHING_AVAILABLE';
    let room = true;
    while (room && this.#next < this.#waiting.length)
      room = output.collect(this.#waiting[this.#next++]!, undefined, this.#split.splitId);
    if (this.#next < this.#waiting.length) return 'MORE_AVAILABLE';
    this.#waiting = [];
    this.#next = 0;
    this.#socket?.resume();
    if (!this.#ended) return 'NOTHING_AVAILABLE';
    output.releaseOutputForSplit(this.#split.splitId);
    this.#split = null;
    return 'MORE_AVAILABLE';
  }
  isAvailable(): Promise<void> {
    const some = this.#ended || this.#next < this.#waiting.length;
    const ready = this.#error !== null || (this.#split ? some && !this.#paused : this.#noMoreSplits);
    return ready ? Promise.resolve() : new Promise(resolve => (this.#wake = resolve));
  }
  addSplits(splits: readonly SocketSplit[]): void {
    this.#split = splits[0] ?? null;
    if (this.#split) this.#connect();
  }
  notifyNoMoreSplits(): void {
    this.#noMoreSplits = true;
    this.#awake();
  }
  snapshotState(): readonly SocketSplit[] {
    return this.#split ? [this.#split] : [];
  }
  pauseOrResumeSplits(pause: readonly string[], resume: readonly string[]): void {
    if (pause.length > 0) this.#paused = true;
    if (resume.length > 0) this.#paused = false;
    this.#awake();
  }
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#retry) clearTimeout(this.#retry);
    this.#socket?.destroy();
    this.#awake();
  }

  #connect(): void {
    const socket = createConnection({ host: this.#hostname, port: this.#port });
    this.#socket = socket;
    let failure: Error | null = null;
    socket.on('data', chunk => this.#receive(this.#decoder.write(chunk)));
    socket.on('error', error => (failure = error));
    socket.on('close', () => this.#disconnected(failure));
  }
  #receive(text: string): void {
    const records = (this.#partial + text).split(this.#delimiter);
    this.#partial = records.pop()!;
    if (this.#partial.length > maxRecordCharacters)
      return this.#fail(new Error(`no delimiter in ${maxRecordCharacters} characters`));
    for (const record of records) this.#add(record);
    if (this.#waiting.length - this.#next > maxWaiting) this.#socket?.pause();
    if (records.length > 0) this.#awake();
  }
  #add(record: string): void {
    this.#waiting.push(this.#delimiter === '\n' && record.endsWith('\r') ? record.slice(0, -1) : record);
  }
  #disconnected(failure: Error | null): void {
    if (this.#closed) return;
    // what stands behind the last delimiter is a record when the server has closed, a torn one when the connection broke
    const rest = this.#partial + this.#decoder.end();
    this.#partial = '';
    if (!failure && rest !== '') {
      this.#add(rest);
      this.#awake();
    }
    if (this.#retriesLeft > 0) {
      this.#retriesLeft--;
      this.#retry = setTimeout(() => this.#connect(), retryDelayMs);
      return;
    }
    if (failure) return this.#fail(failure);
    this.#ended = true;
    this.#awake();
  }
  #fail(cause: Error): void {
    const code = (cause as NodeJS.ErrnoException).code;
    this.#error = new ConnectorError('FC5321', {
      message: `cannot read from ${this.#hostname}:${this.#port}: ${cause.message}`,
      fix:
        code === 'ECONNREFUSED'
          ? 'start the server first, or give socketTextStream a number of retries'
          : 'check the server and the network',
      retryable: true,
      cause,
    });
    this.#socket?.destroy();
    this.#awake();
  }
  #awake(): void {
    this.#wake?.();
    this.#wake = null;
  }
}
