/** `// flinkc-ignore FC3001 reason` on the line of a finding or on the line above it. */
const comment = /\/\/\s*flinkc-ignore\s+((?:FC\d{4}[\s,]*)+)(.*)$/;

/** `line` starts at 1. */
export function isSuppressedAt(text: string, code: string, line: number): boolean {
  const lines = text.split(/\r\n|[\n\r\u2028\u2029]/, line);
  return codesOn(lines[line - 1], true).includes(code) || codesOn(lines[line - 2], false).includes(code);
}

/** On the line above, the comment must stand alone: otherwise it is about that line. */
function codesOn(line: string | undefined, isSameLine: boolean): readonly string[] {
  const match = line === undefined ? null : comment.exec(line.trimEnd());
  if (!match || (!isSameLine && !/^\s*\/\//.test(line!))) return [];
  return match[1]!.match(/FC\d{4}/g) ?? [];
}
