/**
 * The sending end of everything that one TaskManager pulls from this one. Entries of all its channels share frames; a
 * channel takes part as long as its receiver has granted credit, so a blocked channel leaves the stream to the others.
 */
import { CodecError } from '../../contract/bytes.js';
import type { RuntimeFault } from '../../contract/fault.js';
import {
  dataPlaneVersion,
  decodePullRequest,
  FrameWriter,
  nativeByteOrder,
  type OpenChannel,
  type PullRequest,
} from '../../protocol/data-plane.js';
import type { MessageStream, StreamEvents, StreamFailure } from '../../protocol/message-stream.js';
import type { RawEntry, RawRingReader } from '../raw-ring.js';
import { ANNOUNCE, Kind } from '../ring-memory.js';
import type { ChannelKey } from './channel-key.js';
import { connectionLost } from './faults.js';

/** A channel that a task of this TaskManager writes into, for a TaskManager to pull. */
export interface OfferedChannel {
  readonly key: ChannelKey;
  readonly ring: RawRingReader;
  /** TaskManager of the receiver */
  readonly receiver: string;
  readonly onFault: (fault: RuntimeFault) => void;
}

interface OutboundChannel {
  readonly handle: number;
  readonly offer: OfferedChannel;
  credit: number;
  /** announced, and to be sent before all else as soon as there is credit */
  barrier: RawEntry | null;
}

export interface OutboundOptions {
  readonly self: string;
  readonly frameBytes: number;
  /**
   * The channel as soon as it is offered; null when that does not happen in time. A channel is given once; the function
   * that comes back ends the wait.
   */
  readonly take: (
    key: ChannelKey,
    receiver: string,
    found: (offer: OfferedChannel | null) => void,
  ) => () => void;
  readonly onClosed: (connection: OutboundConnection) => void;
}

export class OutboundConnection implements StreamEvents {
  readonly #stream: MessageStream;
  readonly #options: OutboundOptions;
  readonly #frame = new FrameWriter();
  readonly #channels = new Map<number, OutboundChannel>();
  /** the same, in the order in which they take their turns */
  readonly #turns: OutboundChannel[] = [];
  /** credit of channels that are not offered yet, and how to end the wait for them */
  readonly #waiting = new Map<number, { credit: number; readonly stop: () => void }>();
  #peer: string | null = null;
  #writable = true;
  #next = 0;
  #closed = false;

  constructor(stream: MessageStream, options: OutboundOptions) {
    this.#stream = stream;
    this.#options = options;
  }

  onMessage(bytes: Buffer): void {
    try {
      this.#onRequest(decodePullRequest(bytes));
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      this.#stream.refuse('INVALID_ARGUMENT', `malformed request: ${error.message}`);
    }
  }

  onDrain(): void {
    this.#writable = true;
    this.pump();
  }

  onClosed(failure: StreamFailure | null): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { stop } of this.#waiting.values()) stop();
    this.#waiting.clear();
    this.#options.onClosed(this);
    const fault = connectionLost(
      this.#options.self,
      this.#peer ?? this.#stream.peer,
      failure?.reason ?? 'the other end has closed it',
    );
    for (const { offer } of this.#channels.values()) offer.onFault(fault);
  }

  /** Sends what rings hold, credit allows and the connection takes. True when something was sent. */
  pump(): boolean {
    let sent = false;
    while (this.#writable && !this.#closed) {
      const rings = this.#fillFrame();
      if (this.#frame.length === 0) break;
      this.#writable = this.#stream.write(this.#frame.take());
      for (const ring of rings) ring.free();
      sent = true;
    }
    return sent;
  }

  /** These channels are over here. Their receivers hear of it unless they are released as well. */
  release(isOver: (key: ChannelKey) => boolean): void {
    for (const channel of this.#channels.values()) if (isOver(channel.offer.key)) this.#remove(channel);
  }

  /** One frame from the channels in turn; what was read from these rings is in it. */
  #fillFrame(): ReadonlySet<RawRingReader> {
    const { frameBytes } = this.#options;
    const frame = this.#frame;
    const rings = new Set<RawRingReader>();
    for (let left = this.#turns.length; left > 0 && frame.length < frameBytes; left--) {
      if (this.#next >= this.#turns.length) this.#next = 0;
      const channel = this.#turns[this.#next]!;
      const { ring } = channel.offer;
      this.#sendBarrier(channel);
      let entry: RawEntry | null = null;
      while (channel.credit > 0 && frame.length < frameBytes && (entry = ring.next())) {
        frame.entry(channel.handle, entry);
        channel.credit--;
        rings.add(ring);
        if (entry.kind === Kind.Closed) break;
      }
      if (entry?.kind === Kind.Closed) this.#remove(channel);
      else this.#next++;
    }
    return rings;
  }

  /** A barrier that overtakes what waits for credit is sent, or announced where it would have to wait too (§9.3). */
  #sendBarrier(channel: OutboundChannel): void {
    const overtaking = channel.offer.ring.overtaking();
    if (overtaking) {
      channel.barrier = overtaking;
      if (channel.credit === 0) this.#frame.entry(channel.handle, { ...overtaking, kind: ANNOUNCE });
    }
    if (!channel.barrier || channel.credit === 0) return;
    this.#frame.entry(channel.handle, channel.barrier);
    channel.credit--;
    channel.barrier = null;
  }

  #onRequest(request: PullRequest): void {
    if (request.kind === 'hello') {
      this.#onHello(request);
      return;
    }
    if (this.#peer === null) throw new CodecError('the first request is not a Hello');
    switch (request.kind) {
      case 'open':
        this.#onOpen(this.#peer, request);
        return;
      case 'credit': {
        const channel = this.#channels.get(request.handle) ?? this.#waiting.get(request.handle);
        // Credit for a channel that has ended meanwhile is no mistake.
        if (!channel) return;
        channel.credit += request.credit;
        this.pump();
        return;
      }
      case 'close': {
        this.#waiting.get(request.handle)?.stop();
        this.#waiting.delete(request.handle);
        const channel = this.#channels.get(request.handle);
        if (channel) this.#remove(channel);
        return;
      }
    }
  }

  #onHello({ version, from, to, byteOrder }: Extract<PullRequest, { kind: 'hello' }>): void {
    const { self } = this.#options;
    if (version !== dataPlaneVersion)
      this.#stream.refuse(
        'FAILED_PRECONDITION',
        `TaskManager '${from}' speaks version ${version} of the data plane, TaskManager '${self}' version ${dataPlaneVersion}`,
      );
    else if (to !== self)
      this.#stream.refuse(
        'NOT_FOUND',
        `this is TaskManager '${self}', not '${to}' as TaskManager '${from}' thinks`,
      );
    else if (byteOrder !== nativeByteOrder)
      this.#stream.refuse(
        'FAILED_PRECONDITION',
        `TaskManagers '${from}' and '${self}' run on machines of different byte order`,
      );
    else this.#peer = from;
  }

  #onOpen(peer: string, { handle, jobId, attempt, channel, credit, entryBytes }: OpenChannel): void {
    if (this.#waiting.has(handle) || this.#channels.has(handle))
      throw new CodecError(`channel ${handle} is open already`);
    const key = { jobId, attempt, channel };
    const waiting = { credit, stop: () => {} };
    this.#waiting.set(handle, waiting);
    waiting.stop = this.#options.take(key, peer, offer => {
      if (!this.#waiting.delete(handle)) return;
      if (!offer) {
        this.#refuseChannel(
          handle,
          'FC5604',
          `it has no channel ${channel} of job ${jobId}, attempt ${attempt}`,
        );
        return;
      }
      if (offer.ring.slotBytes !== entryBytes) {
        this.#refuseChannel(
          handle,
          'FC5605',
          `its entries have ${offer.ring.slotBytes} bytes, the receiver's ${entryBytes}`,
        );
        return;
      }
      const opened = { handle, offer, credit: waiting.credit, barrier: null };
      this.#channels.set(handle, opened);
      this.#turns.push(opened);
      this.pump();
    });
  }

  #refuseChannel(handle: number, code: string, message: string): void {
    if (this.#closed) return;
    this.#frame.failure({ handle, code, message });
    this.#writable = this.#stream.write(this.#frame.take()) && this.#writable;
  }

  #remove(channel: OutboundChannel): void {
    this.#channels.delete(channel.handle);
    const i = this.#turns.indexOf(channel);
    this.#turns.splice(i, 1);
    if (i < this.#next) this.#next--;
  }
}
