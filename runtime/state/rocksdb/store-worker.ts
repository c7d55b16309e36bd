/** Entry of the store thread: owns the databases of one slot. Requests are done one after the other. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { adoptRows } from './adopt-rows.js';
import { Database, type Cursor } from './database.js';
import { EntryPages } from './entry-pages.js';
import { storeFault, toFaultData, type FaultData } from './store-fault.js';
import {
  DEAD,
  REPLIES,
  WRITTEN,
  type StoreEnvelope,
  type StoreReply,
  type StoreRequest,
} from './store-messages.js';

const { port, memory } = workerData as { readonly port: MessagePort; readonly memory: SharedArrayBuffer };
const cells = new Int32Array(memory);
const databases = new Map<number, Database>();
const iterators = new Map<number, Cursor>();
const entryPages = new Map<number, EntryPages>();
const queue: StoreEnvelope[] = [];
let running = false;
/** A write that failed: nobody waits for writes, so the next request hears of it. */
let failure: FaultData | null = null;

port.on('message', (envelope: StoreEnvelope) => {
  queue.push(envelope);
  if (!running) void run();
});
process.on('uncaughtException', die);

async function run(): Promise<void> {
  running = true;
  for (let envelope = queue.shift(); envelope; envelope = queue.shift()) {
    const { id, request } = envelope;
    try {
      if (failure && request.type !== 'end') answer(envelope, { id, fault: failure });
      else answer(envelope, { id, result: await perform(request) });
    } catch (error) {
      const fault = toFaultData(storeFault(error, 'used', folderOf(request)));
      if (request.type === 'write') failure = fault;
      answer(envelope, { id, fault });
    }
    if (request.type === 'write') {
      Atomics.add(cells, WRITTEN, 1);
      Atomics.notify(cells, WRITTEN);
    }
    if (request.type === 'end') return;
  }
  running = false;
}

function answer({ id, async }: StoreEnvelope, reply: StoreReply): void {
  if (id === 0) return;
  const { result } = reply;
  const transfer = result instanceof Uint8Array ? [result.buffer as ArrayBuffer] : [];
  if (async) {
    parentPort!.postMessage(reply, transfer);
    return;
  }
  port.postMessage(reply, transfer);
  Atomics.add(cells, REPLIES, 1);
  Atomics.notify(cells, REPLIES);
}

/** Whoever waits must not wait for ever. */
function die(error: unknown): void {
  Atomics.store(cells, DEAD, 1);
  Atomics.notify(cells, REPLIES);
  Atomics.notify(cells, WRITTEN);
  throw error;
}

async function perform(request: StoreRequest): Promise<unknown> {
  switch (request.type) {
    case 'open':
      databases.set(request.db, await Database.open(request.folder, request.settings));
      return null;
    case 'getMany':
      return database(request.db).getMany(request.keys);
    case 'write':
      return database(request.db).write(request.operations);
    case 'scan': {
      const to = latin1(request.to);
      const cursor = database(request.db).iterate(latin1(request.from), request.after, to, 16 * 1024);
      try {
        return await cursor.page(to, request.rows, Infinity);
      } finally {
        await cursor.end();
      }
    }
    case 'link':
      return database(request.db).copyTo(request.folder);
    case 'iterate':
      iterators.set(request.iterator, database(request.db).iterate());
      return null;
    case 'startEntries':
      entryPages.set(request.iterator, new EntryPages(iterators.get(request.iterator)!, request.entries));
      return null;
    case 'entries':
      return entryPages.get(request.iterator)!.next(request.bytes);
    case 'endIterate':
      await iterators.get(request.iterator)?.end();
      iterators.delete(request.iterator);
      entryPages.delete(request.iterator);
      return null;
    case 'adopt':
      return adoptRows(database(request.db), request);
    case 'close':
      await databases.get(request.db)?.close();
      databases.delete(request.db);
      return null;
    case 'end':
      for (const cursor of iterators.values()) await cursor.end();
      for (const open of databases.values()) await open.close();
      port.close();
      parentPort!.close();
      return null;
  }
}

function database(id: number): Database {
  const open = databases.get(id);
  if (!open) throw new Error(`no database ${id} is open`);
  return open;
}
function folderOf(request: StoreRequest): string {
  if ('folder' in request) return request.folder;
  return 'db' in request ? (databases.get(request.db)?.folder ?? '') : '';
}
function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
