/** Talks to the REST endpoint of a JobManager: finds the leader, waits for one, and turns its errors into faults. */
import { randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { RuntimeFault } from '../../runtime/contract/fault.js';
import type { Configuration } from '../../runtime/core/configuration.js';
import { leaderRestUrl } from '../../runtime/high-availability/leader-retrieval.js';
import { restClientTls, type ClientTls } from '../../runtime/jobmanager/rest/rest-tls.js';
import { UsageError } from '../command-line.js';
import { Unreachable } from './unreachable.js';

export interface ClientOptions {
  /** host:port or URL; null: as configured */
  readonly jobManager: string | null;
  readonly configuration: Configuration;
  readonly entries: Readonly<Record<string, string>>;
}
interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: unknown;
}
interface Content {
  readonly type: string;
  readonly bytes: Buffer;
}

const answerTimeoutMs = 60_000;
const maxRedirects = 5;

export class RestClient {
  readonly #options: ClientOptions;
  readonly #tls: ClientTls | null;
  #base: string | null = null;
  /** Somebody has answered: if nobody does later, that is waited for. */
  #met = false;

  constructor(options: ClientOptions) {
    const { jobManager, configuration } = options;
    if (jobManager !== null && !URL.canParse(baseOf(jobManager, 'http', configuration.rest.port)))
      throw new UsageError('FC4006', {
        option: 'jobmanager',
        value: jobManager,
        example: '--jobmanager jm.example:8081',
      });
    this.#options = options;
    this.#tls = restClientTls(configuration.rest.security);
  }

  get(path: string): Promise<unknown> {
    return this.#call('GET', path, json({}));
  }
  send(method: 'POST' | 'PATCH' | 'PUT' | 'DELETE', path: string, body: unknown = {}): Promise<unknown> {
    return this.#call(method, path, json(body));
  }
  upload(path: string, fileName: string, bytes: Uint8Array): Promise<unknown> {
    const boundary = `flinkc-${randomBytes(12).toString('hex')}`;
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="jarfile"; filename="${fileName.replaceAll(/["\\\r\n]/g, '_')}"\r\nContent-Type: application/zip\r\n\r\n`;
    return this.#call('POST', path, {
      type: `multipart/form-data; boundary=${boundary}`,
      bytes: Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]),
    });
  }

  /** Result of an asynchronous operation that was triggered with `body` (§1.7 of Flink's REST rules). */
  async operation<T>(trigger: string, resultPath: (id: string) => string, body: unknown): Promise<T> {
    const { 'request-id': id } = (await this.send('POST', trigger, body)) as { 'request-id': string };
    return this.poll<T>(async () => {
      const { status, operation } = (await this.get(resultPath(id))) as {
        status: { id: string };
        operation?: T;
      };
      if (status.id !== 'COMPLETED') return null;
      const { 'failure-cause': dashed, failureCause = dashed } = (operation ?? {}) as Record<string, Failure>;
      if (failureCause) throw serverFault(failureCause['stack-trace'], 500);
      return operation ?? ({} as T);
    });
  }

  /** Asks again and again, with growing pauses, until there is an answer. */
  async poll<T>(ask: () => Promise<T | null>, signal?: AbortSignal): Promise<T> {
    for (let pause = 10; ; pause = Math.min(2 * pause, 1000)) {
      const answer = await ask();
      if (answer !== null) return answer;
      await new Promise(resolve => setTimeout(resolve, pause));
      signal?.throwIfAborted();
    }
  }

  async #call(method: string, path: string, content: Content): Promise<unknown> {
    const { retries, retryDelayMs } = this.#options.configuration.rest;
    for (let attempt = 0; ; attempt++) {
      const last = attempt >= retries;
      try {
        const answer = await this.#follow(method, path, content);
        if (answer.status === 503 && !last) throw new Unavailable(errorText(answer.body));
        this.#met = true;
        if (answer.status >= 400) throw serverFault(errorText(answer.body), answer.status);
        return answer.body;
      } catch (error) {
        const again =
          error instanceof Unavailable || (this.#met && error instanceof Unreachable && method === 'GET');
        if (!again || last) throw error instanceof Unreachable ? error.fault : error;
        this.#base = null;
        await new Promise(resolve => setTimeout(resolve, retryDelayMs));
      }
    }
  }

  async #follow(method: string, path: string, content: Content): Promise<Answer> {
    let base = (this.#base ??= await this.#findBase());
    for (let i = 0; ; i++) {
      const answer = await exchange(`${base}/v1${path}`, method, content, this.#tls, this.#connectTimeoutMs);
      if (answer.status !== 307 || answer.location === undefined || i === maxRedirects) return answer;
      // To the leader's endpoint; nothing else redirects.
      base = this.#base = new URL(answer.location).origin;
    }
  }

  get #connectTimeoutMs(): number {
    return this.#options.configuration.rest.connectionTimeoutMs;
  }

  async #findBase(): Promise<string> {
    const { jobManager, configuration, entries } = this.#options;
    const { rest, cluster, highAvailability } = configuration;
    const scheme = rest.security.enabled ? 'https' : 'http';
    if (jobManager !== null) return baseOf(jobManager, scheme, rest.port);
    if (highAvailability.type !== 'NONE') {
      const url = await leaderRestUrl(configuration, entries);
      if (url === null) throw new Unavailable('nobody leads this cluster');
      return url;
    }
    return baseOf(rest.address ?? cluster.jobManagerAddress ?? 'localhost', scheme, rest.port);
  }
}

class Unavailable extends Error {}

interface Failure {
  readonly 'stack-trace': string;
}

function baseOf(address: string, scheme: string, port: number): string {
  if (/^https?:\/\//.test(address)) return address.replace(/\/+$/, '');
  const named = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(address);
  const host = named?.[1] ?? `[${address}]`;
  return `${scheme}://${host}:${named?.[2] ?? port}`;
}

function exchange(
  url: string,
  method: string,
  { type, bytes }: Content,
  tls: ClientTls | null,
  connectTimeoutMs: number,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const origin = new URL(url).origin;
    const fail = (error: Error): void => reject(new Unreachable(origin, error));
    const options: RequestOptions = {
      method,
      headers: { 'Content-Type': type, 'Content-Length': bytes.length, Connection: 'close' },
      agent: false,
    };
    const respond = (response: IncomingMessage): void => {
      const chunks: Buffer[] = [];
      response.on('error', fail);
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const { location } = response.headers;
        try {
          resolve({ status: response.statusCode ?? 0, location, body: JSON.parse(text) as unknown });
        } catch {
          fail(new Error(`the answer is not JSON: ${text.slice(0, 100)}`));
        }
      });
    };
    // The URL decides, where one is given or redirected to: TLS then trusts whom Node trusts.
    const sent = url.startsWith('https:')
      ? httpsRequest(url, { ...options, ...tls }, respond)
      : httpRequest(url, options, respond);
    const timer = setTimeout(
      () => sent.destroy(new Error('no answer in time')),
      connectTimeoutMs + answerTimeoutMs,
    );
    const connecting = setTimeout(() => sent.destroy(new Error('no connection in time')), connectTimeoutMs);
    sent.on('socket', socket => socket.once('connect', () => clearTimeout(connecting)));
    sent.on('error', fail);
    sent.on('close', () => {
      clearTimeout(timer);
      clearTimeout(connecting);
      fail(new Error('the connection was closed'));
    });
    sent.end(bytes);
  });
}

const json = (body: unknown): Content => ({
  type: 'application/json',
  bytes: Buffer.from(JSON.stringify(body)),
});

function errorText(body: unknown): string {
  const { errors } = (body ?? {}) as { errors?: readonly unknown[] };
  return Array.isArray(errors) ? errors.map(String).join('\n') : JSON.stringify(body);
}

/** `FC5609: message` and `fix: …` on a line of its own, as the server writes faults. */
export function serverFault(text: string, status: number): RuntimeFault {
  // In Flink's words, to which its clients are used.
  if (text.includes('[execution.checkpointing.savepoint-dir] is not set'))
    return new RuntimeFault('FC5632', {
      message: 'the JobManager does not know where savepoints go',
      domain: 'config',
      fix: 'name a folder (flinkc savepoint <job> <folder>, flinkc stop <job> -p <folder>), or set execution.checkpointing.savepoint-dir',
    });
  const match = /(FC\d{4}): ([\s\S]*?)(?:\nfix: ([\s\S]*))?$/.exec(text);
  return new RuntimeFault(match?.[1] ?? 'FC5632', {
    message: match?.[2] ?? `the JobManager refused it (${status}): ${text}`,
    domain: status >= 500 ? 'external' : 'user',
    ...(match?.[3] === undefined ? {} : { fix: match[3] }),
  });
}
