/** The client's end of a stream of messages. */
import { Client, status, type ServiceError } from '@grpc/grpc-js';
import type { MessageStream, StreamEvents, StreamFailure } from './message-stream.js';
import { methodOf, type KeepAlive } from './rpc-server.js';
import { channelCredentials, credentialOf, type SecurityOptions } from './security.js';

export interface RpcClientOptions {
  /** host:port */
  readonly address: string;
  readonly security: SecurityOptions;
  readonly maxMessageBytes: number;
  readonly keepAlive: KeepAlive;
}

/**
 * HTTP/2's window for what comes in. gRPC's default of 64 KiB makes a stream wait for its receiver after every message:
 * a third of the throughput.
 */
const windowBytes = 8 * 2 ** 20;

export class RpcClient {
  readonly #client: Client;
  readonly #options: RpcClientOptions;

  constructor(options: RpcClientOptions) {
    this.#options = options;
    this.#client = new Client(options.address, channelCredentials(options.security), {
      'grpc-node.flow_control_window': windowBytes,
      'grpc.max_receive_message_length': options.maxMessageBytes,
      'grpc.max_send_message_length': -1,
      'grpc.keepalive_time_ms': options.keepAlive.intervalMs,
      'grpc.keepalive_timeout_ms': options.keepAlive.timeoutMs,
      // A call ends with its connection, and a new connection starts at once: both are decided above gRPC.
      'grpc.enable_retries': 0,
      'grpc.use_local_subchannel_pool': 1,
    });
  }

  open(path: string, events: StreamEvents): MessageStream {
    const { requestSerialize, responseDeserialize } = methodOf(path);
    const call = this.#client.makeBidiStreamRequest<Buffer, Buffer>(
      path,
      requestSerialize,
      responseDeserialize,
      credentialOf(this.#options.security),
    );
    let closed = false;
    const close = (failure: StreamFailure | null): void => {
      if (closed) return;
      closed = true;
      events.onClosed(failure);
    };
    call.on('data', (message: Buffer) => {
      if (!closed) events.onMessage(message);
    });
    call.on('drain', () => events.onDrain());
    call.on('error', (error: ServiceError) =>
      close({ code: status[error.code] ?? 'UNKNOWN', reason: reasonIn(error.details || error.message) }),
    );
    call.on('end', () => call.end());
    call.on('status', ({ code, details }) =>
      close(code === status.OK ? null : { code: status[code], reason: reasonIn(details) }),
    );
    return {
      peer: this.#options.address,
      write: message => !closed && call.write(message as Buffer),
      end: () => void call.end(),
      refuse: (code, reason) => {
        close({ code, reason });
        call.cancel();
      },
    };
  }

  close(): void {
    this.#client.close();
  }
}

/** What somebody who looks for the cause needs of gRPC's own descriptions. */
function reasonIn(details: string): string {
  const attempt = /^No connection established\. Last error: (?:Error: )?(.+?)\.? Resolution note:/.exec(
    details,
  );
  const reason = attempt?.[1] ?? details;
  // gRPC knows no more, and adds the time.
  if (reason.startsWith('Failed to connect ('))
    return 'the connection was closed at once; TLS may be on at one end only, or one does not trust the other (security.ssl.internal)';
  // What this end cancels it has described itself: here the other one did.
  return reason === 'Call cancelled' ? 'the other end has closed the connection' : reason;
}
