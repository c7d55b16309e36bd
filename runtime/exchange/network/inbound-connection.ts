/**
 * The receiving end of everything that one TaskManager sends to this one. It is the client and pulls: it opens channels,
 * grants credit as their rings empty, and writes what comes into them. There is always room, so it never stops reading,
 * and no channel waits for another.
 */
import { CodecError } from '../../contract/bytes.js';
import type { RuntimeFault } from '../../contract/fault.js';
import {
  dataPlaneVersion,
  encodePullRequest,
  nativeByteOrder,
  readFrame,
  type ChannelFailure,
  type FrameEntry,
  type PullRequest,
} from '../../protocol/data-plane.js';
import type { MessageStream, StreamEvents, StreamFailure } from '../../protocol/message-stream.js';
import { payloadBytes, type RawRingWriter } from '../raw-ring.js';
import { ANNOUNCE, Kind } from '../ring-memory.js';
import type { ChannelKey } from './channel-key.js';
import { channelRefused, connectionLost, protocolViolation } from './faults.js';

interface InboundChannel {
  readonly key: ChannelKey;
  readonly ring: RawRingWriter;
  readonly onFault: (fault: RuntimeFault) => void;
}

export interface InboundOptions {
  /** this TaskManager */
  readonly self: string;
  /** the one that sends */
  readonly peer: string;
  readonly connect: (events: StreamEvents) => MessageStream;
  readonly onClosed: () => void;
}

export class InboundConnection {
  readonly #options: InboundOptions;
  readonly #stream: MessageStream;
  readonly #channels = new Map<number, InboundChannel>();
  readonly #touched = new Set<number>();
  #lastHandle = 0;
  #ended = false;

  constructor(options: InboundOptions) {
    this.#options = options;
    this.#stream = options.connect({
      onMessage: frame => this.#onFrame(frame),
      onDrain: () => {},
      onClosed: failure => this.#onClosed(failure),
    });
    this.#send({
      kind: 'hello',
      version: dataPlaneVersion,
      from: options.self,
      to: options.peer,
      byteOrder: nativeByteOrder,
    });
  }

  open(key: ChannelKey, ring: RawRingWriter, onFault: (fault: RuntimeFault) => void): void {
    const handle = ++this.#lastHandle;
    this.#channels.set(handle, { key, ring, onFault });
    this.#send({ kind: 'open', handle, ...key, credit: ring.credit, entryBytes: ring.slotBytes });
  }

  /** Grants what receivers have freed. True when there was something. */
  grantCredit(): boolean {
    let granted = false;
    for (const [handle, { ring }] of this.#channels) if (this.#grant(handle, ring)) granted = true;
    return granted;
  }

  /** The attempt is over: what is still on its way is not wanted. */
  release(isOver: (key: ChannelKey) => boolean): void {
    for (const [handle, { key }] of this.#channels) {
      if (!isOver(key)) continue;
      this.#channels.delete(handle);
      this.#send({ kind: 'close', handle });
    }
  }

  close(): void {
    this.#ended = true;
    this.#stream.refuse('CANCELLED', 'the TaskManager stops');
  }

  #onFrame(frame: Uint8Array): void {
    try {
      readFrame(frame, this.#visitor);
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      this.#fail(protocolViolation(this.#options.self, this.#options.peer, error.message));
      return;
    }
    for (const handle of this.#touched) {
      const channel = this.#channels.get(handle);
      if (channel) this.#grant(handle, channel.ring);
    }
    this.#touched.clear();
  }

  readonly #visitor = {
    entry: (handle: number, entry: FrameEntry): void => {
      const channel = this.#channels.get(handle);
      if (!channel) {
        // Released here while this was on its way.
        if (handle <= this.#lastHandle) return;
        throw new CodecError(`an entry of channel ${handle}, which was never opened`);
      }
      const { ring } = channel;
      const expected = payloadBytes(entry.kind, entry.a, entry.b, ring.slotBytes);
      if (entry.payload.length !== expected)
        throw new CodecError(`an entry with ${entry.payload.length} bytes instead of ${expected}`);
      if (expected > ring.slotBytes)
        throw new CodecError(`an entry of ${expected} bytes, more than the ${ring.slotBytes} of its ring`);
      if (entry.kind === ANNOUNCE) {
        ring.announce(entry.a);
        return;
      }
      if (!ring.write(entry)) throw new CodecError(`more entries than channel ${handle} has credit for`);
      if (entry.kind === Kind.Closed) this.#channels.delete(handle);
      else this.#touched.add(handle);
    },
    failure: ({ handle, code, message }: ChannelFailure): void => {
      const channel = this.#channels.get(handle);
      this.#channels.delete(handle);
      channel?.onFault(channelRefused(this.#options.self, this.#options.peer, code, message));
    },
  };

  #grant(handle: number, ring: RawRingWriter): boolean {
    const credit = ring.takeCredit();
    if (credit === 0) return false;
    this.#send({ kind: 'credit', handle, credit });
    return true;
  }

  #onClosed(failure: StreamFailure | null): void {
    if (this.#ended) return;
    const { self, peer } = this.#options;
    this.#fail(connectionLost(self, peer, failure?.reason ?? 'the other end has closed it'));
  }

  #fail(fault: RuntimeFault): void {
    if (this.#ended) return;
    this.close();
    const channels = [...this.#channels.values()];
    this.#channels.clear();
    this.#options.onClosed();
    for (const { onFault } of channels) onFault(fault);
  }

  // Requests are few: their number is bounded by the entries that come. No need to wait for onDrain.
  #send(request: PullRequest): void {
    if (!this.#ended) this.#stream.write(encodePullRequest(request));
  }
}
