import { createServer } from 'node:net';

/** Below those that the system gives to whoever asks for any: nobody is given one of them by chance. */
const [first, last] = [20_000, 32_000];
/** Tests that run side by side begin at different ones. */
let next = first + ((process.pid * 7) % (last - first));

/** A port of the loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = next++;
    if (next === last) next = first;
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
