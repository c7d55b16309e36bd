/** Arguments of a program in the form Flink's programs take them, `--name value`, as values of its parameters. */
import { badRequest } from './rest-error.js';

/** `list` wins over `text`, in which arguments are separated by blanks and may be quoted. */
export function programArguments(
  list: readonly string[] | undefined,
  text: string | undefined,
): Readonly<Record<string, string>> {
  const args = list ?? (text === undefined ? [] : split(text));
  const values: Record<string, string> = {};
  for (let i = 0; i < args.length; i++) {
    const match = /^--?([^=\s-][^=\s]*)(?:=([\s\S]*))?$/.exec(args[i]!);
    if (!match) throw wrong(args[i]!);
    const [, name, given] = match;
    const value = given ?? args[++i];
    if (value === undefined) throw badRequest(`The program argument '--${name}' has no value.`);
    values[name!] = value;
  }
  return values;
}

const split = (text: string): readonly string[] =>
  [...text.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double?.replaceAll(/\\(.)/g, '$1') ?? single ?? bare!,
  );

const wrong = (argument: string) =>
  badRequest(
    `Program arguments are '--name value' pairs, which set the parameters of the program; '${argument.slice(0, 64)}' is not.`,
  );
