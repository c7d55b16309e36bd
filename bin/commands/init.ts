import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { helpText, parseCommand, UsageError, type CommandSpec } from '../command-line.js';
import { exitCodes } from '../exit-codes.js';
import { flinkcVersion } from '../version.js';
import { projectFiles } from './init-template.js';

const options = { help: { type: 'boolean', short: 'h', help: 'show this help' } } as const;
const spec: CommandSpec<typeof options> = {
  name: 'init',
  positionals: '[folder]',
  summary: 'Create a project with a program that runs and its test. The folder must be new or empty.',
  options,
  examples: ['flinkc init visits && cd visits && npm install && npm start'],
};

export async function main(args: readonly string[]): Promise<number> {
  const { options: given, positionals } = parseCommand(spec, args);
  if (given.help) {
    process.stdout.write(helpText(spec));
    return exitCodes.ok;
  }
  const folder = positionals[0] ?? '.';
  const target = resolve(folder);
  if (existsSync(target) && readdirSync(target).length > 0) throw new UsageError('FC4009', { folder });
  for (const { path, text } of projectFiles(packageName(basename(target)), flinkcVersion)) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), text, { flag: 'wx' });
  }
  const enter = folder === '.' ? '' : `cd ${folder} && `;
  process.stdout.write(
    `created ${folder === '.' ? 'the project' : folder}\n\n  ${enter}npm install\n  npm start        run it\n  npm run dev      run it again on every save\n  npm test         test it\n`,
  );
  return exitCodes.ok;
}

/** What npm accepts as a name. */
function packageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return name === '' ? 'stream-job' : name;
}
