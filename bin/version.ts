import { existsSync, readFileSync } from 'node:fs';

/** The package's version; package.json lies one folder up from the sources and two from dist/bin. */
export const flinkcVersion: string = (() => {
  const near = new URL('../package.json', import.meta.url);
  const file = existsSync(near) ? near : new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
})();
