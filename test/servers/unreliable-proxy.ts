/** A proxy in front of an HTTP server that is slow, throttles, or drops connections, as told per request. */
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * refuse: the connection is cut before the server hears of the request; lose: the server acts on it but its answer is
 * lost; break: the answer is cut off in the middle.
 */
export type Trouble = 'none' | 'slow' | 'throttle' | 'refuse' | 'lose' | 'break';

export class UnreliableProxy {
  /** Asked for every request; `count` from 1. */
  trouble: (request: IncomingMessage, count: number) => Trouble = () => 'none';
  count = 0;
  readonly #server: Server;
  readonly #target: string;

  private constructor(target: string) {
    this.#target = target;
    this.#server = createServer((incoming, outgoing) => {
      const trouble = this.trouble(incoming, ++this.count);
      if (trouble === 'refuse') {
        incoming.socket.destroy();
        return;
      }
      if (trouble === 'throttle') {
        incoming.resume();
        outgoing.writeHead(503, { 'content-type': 'application/xml' });
        outgoing.end(
          '<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>',
        );
        return;
      }
      const { method, url, headers } = incoming;
      // Signatures cover the host header, so it stays as the client wrote it.
      const forwarded = request(new URL(url!, this.#target), { method: method!, headers }, answer => {
        if (trouble === 'lose') {
          answer.resume();
          answer.on('end', () => incoming.socket.destroy());
          return;
        }
        outgoing.writeHead(answer.statusCode!, answer.headers);
        if (trouble === 'break') {
          let left = Math.floor(Number(answer.headers['content-length'] ?? 0) / 2);
          answer.on('data', (piece: Buffer) => {
            if (left <= 0) return;
            outgoing.write(piece.subarray(0, left));
            left -= piece.length;
            if (left <= 0) setTimeout(() => incoming.socket.destroy(), 50);
          });
        } else if (trouble === 'slow') setTimeout(() => answer.pipe(outgoing), 500);
        else answer.pipe(outgoing);
      });
      forwarded.on('error', () => incoming.socket.destroy());
      incoming.pipe(forwarded);
    });
  }

  static async start(target: string): Promise<UnreliableProxy> {
    const proxy = new UnreliableProxy(target);
    await new Promise<void>(resolve => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }
  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }
}
