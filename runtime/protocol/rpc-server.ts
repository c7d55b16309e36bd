/** A gRPC server whose methods are streams of messages. Checks the credential before a handler sees anything. */
import {
  logVerbosity,
  Server,
  setLogVerbosity,
  status,
  type Metadata,
  type ServerDuplexStream,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { RuntimeFault } from '../contract/fault.js';
import type { MessageStream, RefusalCode, StreamEvents, StreamFailure } from './message-stream.js';
import { isAuthorized, serverCredentials, type SecurityOptions } from './security.js';

// What gRPC says on standard error stands in our own errors, and the log of a process is JSON lines only.
if (process.env['GRPC_VERBOSITY'] === undefined) setLogVerbosity(logVerbosity.NONE);

/** Called for each call of a client; gives what is to happen to its messages. */
export type StreamHandler = (stream: MessageStream) => StreamEvents;

export interface RpcServerOptions {
  readonly host: string;
  /** 0: any that is free */
  readonly port: number;
  readonly security: SecurityOptions;
  /** A bigger one ends its call. */
  readonly maxMessageBytes: number;
  /** by path: /flinkc.protocol.DataPlane/Pull */
  readonly methods: Readonly<Record<string, StreamHandler>>;
  readonly keepAlive: KeepAlive;
  readonly onRefused: (peer: string, reason: string) => void;
}
/** A peer that has vanished without closing its connection is noticed by pings. */
export interface KeepAlive {
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

type Call = ServerDuplexStream<Buffer, Uint8Array>;

export class RpcServer {
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async start(options: RpcServerOptions): Promise<RpcServer> {
    const server = new Server({
      'grpc.max_receive_message_length': options.maxMessageBytes,
      'grpc.max_send_message_length': -1,
      'grpc.keepalive_time_ms': options.keepAlive.intervalMs,
      'grpc.keepalive_timeout_ms': options.keepAlive.timeoutMs,
    });
    const paths = Object.keys(options.methods);
    const definition = Object.fromEntries(paths.map(path => [path, methodOf(path)]));
    const handlers = Object.fromEntries(
      paths.map(path => [path, (call: Call) => accept(call, options.methods[path]!, options)]),
    );
    server.addService(definition as ServiceDefinition, handlers);
    const credentials = serverCredentials(options.security);
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(hostPort(options.host, options.port), credentials, (error, bound) =>
        error ? reject(cannotBind(options, error)) : resolve(bound),
      );
    });
    return new RpcServer(server, port);
  }

  /** Takes no more calls; callers that were just told why theirs has ended learn it. What is left after the time ends. */
  async shutDown(farewellMs = 1_000): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>(resolve => (timer = setTimeout(resolve, farewellMs)));
    await Promise.race([new Promise<void>(resolve => this.#server.tryShutdown(() => resolve())), limit]);
    clearTimeout(timer);
    this.close();
  }

  /** Ends every call at once. */
  close(): void {
    this.#server.forceShutdown();
  }
}

/** Messages are encoded and decoded by whoever knows them. */
export function methodOf(path: string) {
  const asIs = <T>(message: T): T => message;
  return {
    path,
    requestStream: true,
    responseStream: true,
    requestSerialize: asIs<Buffer>,
    requestDeserialize: asIs<Buffer>,
    responseSerialize: asIs<Buffer>,
    responseDeserialize: asIs<Buffer>,
  };
}

export const hostPort = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

function accept(call: Call, handler: StreamHandler, options: RpcServerOptions): void {
  // A call that breaks while nobody listens must not end the process.
  call.on('error', () => {});
  const peer = call.getPeer();
  if (!isAuthorized(call.metadata as Metadata, options.security)) {
    options.onRefused(peer, 'it does not have the credential of this cluster');
    refuse(
      call,
      'UNAUTHENTICATED',
      'the credential of this cluster is missing or wrong (security.internal.secret)',
    );
    return;
  }
  let closed = false;
  let events: StreamEvents | null = null;
  const close = (failure: StreamFailure | null): void => {
    if (closed) return;
    closed = true;
    events?.onClosed(failure);
  };
  events = handler({
    peer,
    write: message => !closed && call.write(message),
    end: () => void call.end(),
    refuse: (code, reason) => {
      if (closed) return;
      // Ending a call that was fine refuses nothing.
      if (code !== 'CANCELLED') options.onRefused(peer, reason);
      close({ code, reason });
      refuse(call, code, reason);
    },
  });
  call.on('data', (message: Buffer) => {
    if (!closed) events.onMessage(message);
  });
  call.on('drain', () => events.onDrain());
  call.on('end', () => {
    if (!call.cancelled) close(null);
    call.end();
  });
  call.on('cancelled', () => close({ code: 'CANCELLED', reason: 'the connection was closed' }));
  call.on('error', (error: Error) => close({ code: 'INTERNAL', reason: error.message }));
}

function refuse(call: Call, code: RefusalCode, reason: string): void {
  call.emit('error', { code: status[code], details: reason });
}

function cannotBind({ host, port }: RpcServerOptions, error: Error): RuntimeFault {
  return new RuntimeFault('FC5602', {
    message: `cannot listen on ${hostPort(host, port)}: ${/\[(listen [^\]]+)\]/.exec(error.message)?.[1] ?? error.message}`,
    domain: 'config',
    fix: 'choose a free port and an address of this machine',
    cause: error,
  });
}
