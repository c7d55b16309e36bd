/** The HTTP server: finds the handler, answers with JSON, and turns every failure into Flink's form of errors. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { RuntimeFault } from '../../contract/fault.js';
import type { RestSettings } from '../../core/rest-options.js';
import { hostPort } from '../../protocol/rpc-server.js';
import type { Logger } from '../../telemetry/log.js';
import { readContent } from './request.js';
import { notFound, RestError, toRestError } from './rest-error.js';
import { restServerTls } from './rest-tls.js';
import { Router, type Route } from './router.js';

export interface RestServerOptions {
  readonly settings: RestSettings;
  readonly host: string;
  readonly routes: readonly Route[];
  readonly log: Logger;
}

/** Longer request lines and headers are refused before anything is read. */
const maxHeaderBytes = 16 << 10;
const headersTimeoutMs = 15_000;
const requestTimeoutMs = 300_000;

export class RestServer {
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async start({ settings, host, routes, log }: RestServerOptions): Promise<RestServer> {
    const router = new Router(routes);
    const listener = (message: IncomingMessage, response: ServerResponse): void => {
      void answer(message, response, router, settings, log);
    };
    const limits = {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
    };
    const tls = restServerTls(settings.security);
    const server = tls ? createTlsServer({ ...limits, ...tls }, listener) : createServer(limits, listener);
    await new Promise<void>((resolve, reject) => {
      server.once('error', error => reject(cannotListen(host, settings.bindPort, error)));
      server.listen(settings.bindPort, host, () => resolve());
    });
    server.on('error', error => log('error', `REST server: ${error.message}`));
    if (tls)
      server.on('tlsClientError', (error: Error) =>
        log('debug', `REST server refused a connection: ${error.message}`),
      );
    return new RestServer(server, (server.address() as AddressInfo).port);
  }

  /** Requests under way are cut off. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

async function answer(
  message: IncomingMessage,
  response: ServerResponse,
  router: Router,
  settings: RestSettings,
  log: Logger,
): Promise<void> {
  // A client that goes away in the middle must not end the process.
  message.on('error', () => {});
  response.on('error', () => {});
  response.setHeader('Access-Control-Allow-Origin', settings.allowOrigin);
  try {
    if (message.method === 'OPTIONS') {
      response.setHeader('Access-Control-Allow-Methods', 'GET, POST, PUT, PATCH, DELETE');
      response.setHeader('Access-Control-Allow-Headers', 'Content-Type');
      send(response, 200, {});
      return;
    }
    const { path, query } = parseUrl(message.url ?? '/');
    const found = router.match(message.method ?? 'GET', path);
    if (found === null) throw notFound(`Not found: ${message.url}`);
    if (found === 'method')
      throw new RestError(405, `Method ${message.method} is not allowed for ${message.url}.`);
    const { route, params } = found;
    const content = await readContent(message, {
      maxBytes: settings.maxContentLength,
      filesAllowed: route.files ?? false,
    });
    send(response, route.status ?? 200, (await route.handle({ params, query, ...content })) ?? {});
  } catch (error) {
    sendError(message, response, error, log);
  }
}

function parseUrl(url: string): { readonly path: string; readonly query: URLSearchParams } {
  try {
    const { pathname, searchParams } = new URL(`http://server${url.startsWith('/') ? url : `/${url}`}`);
    const path = pathname.split('/').map(decodeURIComponent).join('/');
    return { path: path.replace(/^\/v1(?=\/|$)/, ''), query: searchParams };
  } catch {
    throw new RestError(400, 'The request target is not a valid path.');
  }
}

function sendError(message: IncomingMessage, response: ServerResponse, error: unknown, log: Logger): void {
  const known = toRestError(error);
  if (known?.location) response.setHeader('Location', known.location);
  // The rest of a body that was refused is not read.
  if (!message.complete) response.setHeader('Connection', 'close');
  if (known) {
    send(response, known.status, { errors: [known.message] });
  } else {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log('error', `REST ${message.method} ${message.url}: ${text}`);
    send(response, 500, {
      errors: [
        'Internal server error.',
        `<Exception on server side:\n${text}\nEnd of exception on server side>`,
      ],
    });
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent || response.destroyed) return;
  const bytes = Buffer.from(JSON.stringify(body, plain));
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=UTF-8',
    'Content-Length': bytes.length,
  });
  response.end(bytes);
}

/** Jackson writes NaN and the infinities as text. */
function plain(_: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return typeof value === 'bigint' ? value.toString() : value;
}

function cannotListen(host: string, port: number, cause: Error): RuntimeFault {
  return new RuntimeFault('FC5622', {
    message: `the REST server cannot listen on ${hostPort(host, port)}: ${cause.message}`,
    domain: 'config',
    fix: 'choose a free port with rest.port (0: any), and an address of this machine with rest.bind-address',
    cause,
  });
}
