/** Identifiers that text pasted into generated functions says as they are: locals there must not take their meaning. */
import type { Fragments, LoweredProgram, Result } from '../ir/index.js';

export function inlinedIdentifiers(program: LoweredProgram): ReadonlySet<string> {
  const found = new Set<string>();
  const scan = (fragments: Fragments): void => {
    for (const fragment of fragments) {
      if (fragment.kind === 'capture') found.add(fragment.name);
      if (fragment.kind !== 'text') continue;
      // Property names and object keys mean nothing by themselves.
      for (const word of fragment.text.matchAll(/(?<![\w$.])[A-Za-z_$][\w$]*(?!\s*:)/g)) found.add(word[0]);
    }
  };
  const scanResult = (result: Result): void => {
    if (result.kind === 'expression') scan(result.code);
    else if (result.kind === 'struct')
      for (const entry of result.entries) if (entry.kind === 'field') scanResult(entry.value);
  };
  const functions = [
    ...program.functions.values(),
    ...[...program.methods.values()].flatMap(m => Object.values(m)),
  ];
  for (const { inline } of functions) {
    if (!inline) continue;
    inline.prologue.forEach(scan);
    scanResult(inline.result);
  }
  return found;
}
