import { writeFileSync } from 'node:fs';
import {
  explain,
  explainHtml,
  explainSvg,
  explainText,
  type Explanation,
} from '../../compiler/explain/index.js';
import { diagnose } from '../../compiler/diagnostics/diagnose.js';
import { DiagnosticError } from '../../compiler/diagnostics/diagnostic-error.js';
import { helpText, oneArgument, parseCommand, UsageError, type CommandSpec } from '../command-line.js';
import { compileOptions, compileProgram, printDiagnostics } from '../compile-program.js';
import { exitCodes } from '../exit-codes.js';

const options = {
  output: {
    type: 'string',
    short: 'o',
    value: 'file',
    help: 'write to a file; .svg, .html, .json or .txt decides the form',
  },
  format: {
    type: 'string',
    value: 'text|json|svg|html',
    help: 'form of the output (default: text, or what the file name says)',
  },
  ...compileOptions,
  help: { type: 'boolean', short: 'h', help: 'show this help' },
} as const;
const spec: CommandSpec<typeof options> = {
  name: 'explain',
  positionals: '<program.ts>',
  summary:
    'Show the plan: fused tasks, exchanges and why they are there, state, and the fields that are read.',
  options,
  examples: ['flinkc explain program.ts', 'flinkc explain program.ts -o plan.html'],
};

const forms: Readonly<Record<string, (explanation: Explanation) => string>> = {
  text: explainText,
  txt: explainText,
  json: explanation => `${JSON.stringify(explanation, null, 2)}\n`,
  svg: explainSvg,
  html: explainHtml,
};

export async function main(args: readonly string[]): Promise<number> {
  const { options: given, positionals } = parseCommand(spec, args);
  if (given.help) {
    process.stdout.write(helpText(spec));
    return exitCodes.ok;
  }
  const entry = oneArgument('explain', 'one program', 'program.ts', positionals);
  const extension = given.output === undefined ? undefined : /\.([a-z]+)$/.exec(given.output)?.[1];
  const form = given.format ?? (given.json ? 'json' : (extension ?? 'text'));
  const render = Object.hasOwn(forms, form) ? forms[form] : undefined;
  if (!render)
    throw new UsageError('FC4006', {
      option: given.format === undefined ? 'output' : 'format',
      value: given.format ?? given.output ?? '',
      example: '--format text, json, svg or html',
    });
  const result = await compileProgram(entry, given);
  printDiagnostics(result);
  if (!result.output) return exitCodes.failed;
  const text = render(explain(result.output.plan));
  if (given.output === undefined) process.stdout.write(text);
  else writeOutput(given.output, text);
  return exitCodes.ok;
}

function writeOutput(output: string, text: string): void {
  try {
    writeFileSync(output, text);
  } catch (error) {
    throw new DiagnosticError(diagnose('FC4008', { output, reason: (error as Error).message }, null), error);
  }
}
