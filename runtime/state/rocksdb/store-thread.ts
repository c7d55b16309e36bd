/**
 * The slot's side of its store thread. The slot blocks while it reads, so that state is synchronous; it does not wait
 * for writes, which the store does in the order in which they were sent.
 */
import { MessageChannel, receiveMessageOnPort, type MessagePort, type Worker } from 'node:worker_threads';
import { ByteReader } from '../../contract/bytes.js';
import { startStateWorker } from '../state-worker.js';
import type { EntriesRequest } from './entry-pages.js';
import { fromFaultData } from './store-fault.js';
import {
  CELLS,
  DEAD,
  REPLIES,
  WRITTEN,
  type LinkedFile,
  type StoreEnvelope,
  type StoreReply,
  type StoreRequest,
  type StoreSettings,
} from './store-messages.js';

/** Batches on their way to the store: more would only fill memory when the disk is slow. */
const WRITES_IN_FLIGHT = 16;
/** A thread that died cannot say so while this one is blocked; it looks now and then. */
const LOOK_MS = 1_000;

export class StoreThread {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #cells: Int32Array;
  readonly #pending = new Map<number, (reply: StoreReply) => void>();
  #nextId = 1;
  #nextDatabase = 1;
  #nextIterator = 1;
  #sent = 0;
  #ended: Promise<unknown>;
  #dead = false;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    const memory = new SharedArrayBuffer(4 * CELLS);
    this.#port = port1;
    this.#cells = new Int32Array(memory);
    this.#worker = startStateWorker(new URL('./store-worker', import.meta.url), {
      workerData: { port: port2, memory },
      transferList: [port2],
      name: 'rocksdb-store',
    });
    this.#worker.on('message', (reply: StoreReply) => this.#settle(reply));
    this.#ended = new Promise(resolve => {
      this.#worker.on('error', () => {}); // 'exit' follows
      this.#worker.on('exit', () => {
        this.#dead = true;
        for (const id of this.#pending.keys()) this.#settle({ id, fault: gone() });
        resolve(null);
      });
    });
    // Only requests that somebody waits for keep the slot's thread alive.
    this.#worker.unref();
  }

  open(folder: string, settings: StoreSettings): StoreDatabase {
    const db = this.#nextDatabase++;
    this.call({ type: 'open', db, folder, settings });
    return new StoreDatabase(this, db, folder);
  }
  nextIterator(): number {
    return this.#nextIterator++;
  }

  /** Blocks until it is done. */
  call(request: StoreRequest, transfer: readonly ArrayBuffer[] = []): unknown {
    const id = this.#nextId++;
    this.#send({ id, async: false, request }, transfer);
    for (;;) {
      const seen = Atomics.load(this.#cells, REPLIES);
      const received = receiveMessageOnPort(this.#port) as { readonly message: StoreReply } | undefined;
      if (received?.message.id === id) return resultOf(received.message);
      if (received) continue;
      if (this.#dead || Atomics.load(this.#cells, DEAD) === 1) throw fromFaultData(gone());
      Atomics.wait(this.#cells, REPLIES, seen, LOOK_MS);
    }
  }
  /** Resolves on the event loop. */
  ask(request: StoreRequest): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      if (this.#dead) {
        reject(fromFaultData(gone()));
        return;
      }
      this.#worker.ref();
      this.#pending.set(id, reply => {
        try {
          resolve(resultOf(reply));
        } catch (error) {
          reject(error as Error);
        }
      });
      this.#send({ id, async: true, request }, []);
    });
  }
  /** Not waited for, unless too many writes are under way. */
  write(db: number, operations: Uint8Array<ArrayBuffer>): void {
    this.#send({ id: 0, async: false, request: { type: 'write', db, operations } }, [operations.buffer]);
    this.#sent++;
    for (;;) {
      const written = Atomics.load(this.#cells, WRITTEN);
      if (((this.#sent - written) | 0) <= WRITES_IN_FLIGHT) return;
      if (this.#dead || Atomics.load(this.#cells, DEAD) === 1) throw fromFaultData(gone());
      Atomics.wait(this.#cells, WRITTEN, written, LOOK_MS);
    }
  }

  /** Closes all databases and ends the thread. */
  async close(): Promise<void> {
    if (this.#dead) return;
    this.#worker.ref();
    this.#send({ id: 0, async: true, request: { type: 'end' } }, []);
    await this.#ended;
    this.#port.close();
  }

  #send(envelope: StoreEnvelope, transfer: readonly ArrayBuffer[]): void {
    this.#port.postMessage(envelope, transfer as ArrayBuffer[]);
  }
  #settle(reply: StoreReply): void {
    const settle = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0 && !this.#dead) this.#worker.unref();
    settle?.(reply);
  }
}

/** One database of the store thread. Keys are strings of one character per byte. */
export class StoreDatabase {
  readonly folder: string;
  readonly #thread: StoreThread;
  readonly #db: number;

  constructor(thread: StoreThread, db: number, folder: string) {
    this.#thread = thread;
    this.#db = db;
    this.folder = folder;
  }
  /** `keys`: length-prefixed. A reader over the answer: per key its value's length + 1, or 0, then the value. */
  getMany(keys: Uint8Array<ArrayBuffer>): ByteReader {
    const request: StoreRequest = { type: 'getMany', db: this.#db, keys };
    return new ByteReader(this.#thread.call(request, [keys.buffer]) as Uint8Array);
  }
  write(operations: Uint8Array<ArrayBuffer>): void {
    if (operations.length > 0) this.#thread.write(this.#db, operations);
  }
  /** Rows of [from, to), at most so many. Keys and values, each behind its length. */
  scan(from: string, after: boolean, to: string, rows: number): ByteReader {
    return new ByteReader(
      this.#thread.call({ type: 'scan', db: this.#db, from, after, to, rows }) as Uint8Array,
    );
  }
  /** The database as of the writes that were sent before this call. */
  async link(folder: string): Promise<readonly LinkedFile[]> {
    return (await this.#thread.ask({ type: 'link', db: this.#db, folder })) as readonly LinkedFile[];
  }
  iterate(): SnapshotIterator {
    const iterator = this.#thread.nextIterator();
    const made = this.#thread.ask({ type: 'iterate', db: this.#db, iterator });
    return new SnapshotIterator(this.#thread, iterator, made);
  }
  adopt(
    folder: string,
    firstKeyGroup: number,
    lastKeyGroup: number,
    stateIds: Readonly<Record<number, number>>,
  ): number {
    const db = this.#db;
    return this.#thread.call({
      type: 'adopt',
      db,
      folder,
      firstKeyGroup,
      lastKeyGroup,
      stateIds,
    }) as number;
  }
  close(): void {
    this.#thread.call({ type: 'close', db: this.#db });
  }
}

/** Rows of one point in time, while writes go on. */
export class SnapshotIterator {
  readonly #thread: StoreThread;
  readonly #iterator: number;
  readonly #started: Promise<unknown>[];

  constructor(thread: StoreThread, iterator: number, made: Promise<unknown>) {
    this.#thread = thread;
    this.#iterator = iterator;
    this.#started = [made];
    made.catch(() => {}); // page() tells of it
  }
  /** Once, before the first page. */
  start(entries: EntriesRequest): void {
    const started = this.#thread.ask({ type: 'startEntries', iterator: this.#iterator, entries });
    this.#started.push(started);
    started.catch(() => {});
  }
  /** The next blocks (blocksOf), about so many bytes of them; empty at the end. */
  async page(bytes: number): Promise<Uint8Array> {
    await Promise.all(this.#started);
    return (await this.#thread.ask({
      type: 'entries',
      iterator: this.#iterator,
      bytes,
    })) as Uint8Array;
  }
  async end(): Promise<void> {
    await this.#thread.ask({ type: 'endIterate', iterator: this.#iterator });
  }
}

function resultOf(reply: StoreReply): unknown {
  if (reply.fault) throw fromFaultData(reply.fault);
  return reply.result;
}
function gone(): Parameters<typeof fromFaultData>[0] {
  return {
    code: 'FC5121',
    message: 'the thread that owns the RocksDB state has ended',
    domain: 'internal',
    retry: 'restart',
    fix: null,
    facts: {},
  };
}
