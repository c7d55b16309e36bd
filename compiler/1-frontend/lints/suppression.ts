/** `// flinkc-ignore FC3001 reason` on the line of a finding or on the line above it. */
import type { UserModule } from '../modules.js';

const comment = /\/\/\s*flinkc-ignore\s+((?:FC\d{4}[\s,]*)+)(.*)$/;

export function isSuppressed(module: UserModule, code: string, position: number): boolean {
  const { line } = module.source.getLineAndCharacterOfPosition(position);
  return [line, line - 1].some(l => l >= 0 && codesOn(module, l, l === line).includes(code));
}

/** On the line above, the comment must stand alone: otherwise it is about that line. */
function codesOn(module: UserModule, line: number, isSameLine: boolean): readonly string[] {
  const starts = module.source.getLineStarts();
  const text = module.text.slice(starts[line]!, starts[line + 1] ?? module.text.length).trimEnd();
  const match = comment.exec(text);
  if (!match || (!isSameLine && !/^\s*\/\//.test(text))) return [];
  return match[1]!.match(/FC\d{4}/g) ?? [];
}
