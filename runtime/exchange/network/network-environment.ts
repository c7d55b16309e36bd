/**
 * All channels between this process and others. Lives in the main thread, beside the slots: takes raw entries out of the
 * rings of sending slots and puts what comes from elsewhere into the rings of receiving ones. Codecs run in slots only.
 */
import type { RuntimeFault } from '../../contract/fault.js';
import type { MessageStream, StreamEvents } from '../../protocol/message-stream.js';
import { Doorbell } from '../doorbell.js';
import { RawRingReader, RawRingWriter } from '../raw-ring.js';
import type { RingMemory } from '../ring-memory.js';
import { textOf, type ChannelKey, type NetworkPeer } from './channel-key.js';
import { InboundConnection } from './inbound-connection.js';
import { OutboundConnection, type OfferedChannel } from './outbound-connection.js';

export interface NetworkOptions {
  /** this TaskManager */
  readonly self: string;
  /** A frame is sent when it has that many bytes, or nothing more is there. */
  readonly frameBytes: number;
  /** How long a receiver waits for its sender to be deployed. */
  readonly partitionRequestTimeoutMs: number;
  /** Opens the data plane of another TaskManager. */
  readonly connect: (peer: NetworkPeer, events: StreamEvents) => MessageStream;
}

/** One end of a channel that leaves the process. */
export interface NetworkChannel extends ChannelKey {
  readonly ring: RingMemory;
  /** of the slot at this end */
  readonly slot: Doorbell;
  readonly peer: NetworkPeer;
  /** At most once; the channel is of no use after it. */
  readonly onFault: (fault: RuntimeFault) => void;
}

/** A receiver that came before its sender was deployed. */
interface Waiting {
  readonly receiver: string;
  readonly give: (offer: OfferedChannel) => void;
}

export class NetworkEnvironment {
  /** rung by slots: something to send, or room again */
  readonly doorbell = Doorbell.allocate();
  readonly #bell = new Doorbell(this.doorbell);
  readonly #options: NetworkOptions;
  readonly #offers = new Map<string, OfferedChannel>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #outbound = new Set<OutboundConnection>();
  /** by TaskManager */
  readonly #inbound = new Map<string, InboundConnection>();
  #open = true;
  #scheduled = false;

  constructor(options: NetworkOptions) {
    this.#options = options;
    this.#turn();
  }

  /** A slot here sends; the TaskManager of the receiver will pull. */
  offer({ ring, slot, peer, onFault, ...rest }: NetworkChannel): void {
    const key = keyOf(rest);
    const offer = { key, ring: new RawRingReader(ring, slot), receiver: peer.id, onFault };
    const name = textOf(key);
    const waiting = this.#waiting.get(name);
    if (waiting?.receiver === peer.id) waiting.give(offer);
    else this.#offers.set(name, offer);
  }

  /** A slot here receives. */
  pull({ ring, slot, peer, onFault, ...rest }: NetworkChannel): void {
    let connection = this.#inbound.get(peer.id);
    if (!connection) {
      const opened = new InboundConnection({
        self: this.#options.self,
        peer: peer.id,
        connect: events => this.#options.connect(peer, events),
        onClosed: () => {
          if (this.#inbound.get(peer.id) === opened) this.#inbound.delete(peer.id);
        },
      });
      connection = opened;
      this.#inbound.set(peer.id, opened);
    }
    connection.open(keyOf(rest), new RawRingWriter(ring, slot), onFault);
  }

  /** Another TaskManager connects to this one's data plane. */
  accept(stream: MessageStream): StreamEvents {
    const connection = new OutboundConnection(stream, {
      self: this.#options.self,
      frameBytes: this.#options.frameBytes,
      take: (key, receiver, found) => this.#take(key, receiver, found),
      onClosed: closed => this.#outbound.delete(closed),
    });
    this.#outbound.add(connection);
    return connection;
  }

  /** Nothing is sent or received any more over the channels that this says; their rings are no longer used. */
  release(isOver: (key: ChannelKey) => boolean): void {
    for (const [name, { key }] of this.#offers) if (isOver(key)) this.#offers.delete(name);
    for (const connection of this.#outbound) connection.release(isOver);
    for (const connection of this.#inbound.values()) connection.release(isOver);
  }

  close(): void {
    this.#open = false;
    this.#bell.close();
    for (const connection of this.#inbound.values()) connection.close();
    this.#inbound.clear();
  }

  #take(key: ChannelKey, receiver: string, found: (offer: OfferedChannel | null) => void): () => void {
    const name = textOf(key);
    const offer = this.#offers.get(name);
    if (offer?.receiver === receiver) {
      this.#offers.delete(name);
      // Not before the caller has the function that ends the wait.
      queueMicrotask(() => found(offer));
      return () => {};
    }
    const end = (): void => {
      clearTimeout(timer);
      if (this.#waiting.get(name) === waiting) this.#waiting.delete(name);
    };
    const give = (given: OfferedChannel | null): void => {
      end();
      found(given);
    };
    const timer = setTimeout(give, this.#options.partitionRequestTimeoutMs, null);
    const waiting = { receiver, give };
    this.#waiting.set(name, waiting);
    return end;
  }

  readonly #wake = (): void => {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // The event loop has its turn in between: what is sent must leave, and what arrives must come in.
    setImmediate(this.#turn);
  };

  readonly #turn = (): void => {
    this.#scheduled = false;
    if (!this.#open) return;
    this.#bell.awake();
    this.#serve();
    // What came while we looked elsewhere did not ring, so look again once peers know that they have to.
    this.#bell.sleep(this.#wake);
    if (!this.#serve()) return;
    this.#bell.awake();
    this.#wake();
  };

  #serve(): boolean {
    let moved = false;
    for (const connection of this.#outbound) if (connection.pump()) moved = true;
    for (const connection of this.#inbound.values()) if (connection.grantCredit()) moved = true;
    return moved;
  }
}

const keyOf = ({ jobId, attempt, channel }: ChannelKey): ChannelKey => ({ jobId, attempt, channel });
