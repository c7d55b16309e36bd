import { basename } from 'node:path';
import { writeArtifact } from '../../compiler/compile.js';
import { helpText, oneArgument, parseCommand, type CommandSpec } from '../command-line.js';
import { compileOptions, compileProgram, diagnosticsJson, printDiagnostics } from '../compile-program.js';
import { exitCodes } from '../exit-codes.js';

const options = {
  output: {
    type: 'string',
    short: 'o',
    value: 'path',
    help: 'artifact folder, or a file ending in .zip (default: job)',
  },
  ...compileOptions,
  help: { type: 'boolean', short: 'h', help: 'show this help' },
} as const;
const spec: CommandSpec<typeof options> = {
  name: 'build',
  positionals: '<program.ts>',
  summary:
    'Type-check the program, fuse its operators into generated code and write one deployable artifact.',
  options,
  examples: ['flinkc build program.ts -o job', 'flinkc build program.ts -o job.zip --minify --frozen-lock'],
};

export async function main(args: readonly string[]): Promise<number> {
  const { options: given, positionals } = parseCommand(spec, args);
  if (given.help) {
    process.stdout.write(helpText(spec));
    return exitCodes.ok;
  }
  const entry = oneArgument('build', 'one program', 'program.ts', positionals);
  const output = given.output ?? 'job';
  const started = performance.now();
  const result = await compileProgram(entry, given);
  if (result.output) writeArtifact(result.output.artifact, output);
  const milliseconds = Math.round(performance.now() - started);
  if (given.json) {
    const artifact = result.output && {
      path: output,
      id: result.output.artifact.id,
      tasks: result.output.plan.tasks.length,
    };
    process.stdout.write(
      `${JSON.stringify({ ok: artifact !== null, artifact, milliseconds, diagnostics: diagnosticsJson(result.diagnostics) }, null, 2)}\n`,
    );
  } else {
    printDiagnostics(result);
    if (result.output) process.stdout.write(built(basename(entry), output, result.output, milliseconds));
  }
  return result.output ? exitCodes.ok : exitCodes.failed;
}

function built(
  entry: string,
  output: string,
  result: {
    readonly artifact: { readonly id: string; readonly files: ReadonlyMap<string, Uint8Array> };
    readonly plan: { readonly tasks: readonly unknown[] };
  },
  milliseconds: number,
): string {
  const bytes = [...result.artifact.files.values()].reduce((sum, file) => sum + file.length, 0);
  const tasks = result.plan.tasks.length;
  return `${entry} → ${output}  ${tasks} task${tasks === 1 ? '' : 's'}, ${(bytes / 1024).toFixed(0)} kB, id ${result.artifact.id.slice(0, 12)}, ${milliseconds} ms\n`;
}
