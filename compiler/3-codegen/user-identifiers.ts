/**
 * Identifiers that the user's text says as they are. Generated names must not take their meaning: locals not that of
 * pasted expressions, module-level names not that of lifted functions, whose own locals could also hide them.
 */
import type { Fragments, LoweredFn, LoweredProgram, Result } from '../ir/index.js';

export interface UserIdentifiers {
  readonly pasted: ReadonlySet<string>;
  readonly lifted: ReadonlySet<string>;
}

export function userIdentifiers(program: LoweredProgram): UserIdentifiers {
  const pasted = new Set<string>();
  const lifted = new Set<string>();
  const functions = [
    ...program.functions.values(),
    ...[...program.methods.values()].flatMap(methods => Object.values(methods)),
  ];
  for (const fn of functions) {
    if (fn.lifted) scan(fn.lifted, fn, lifted);
    for (const statement of fn.statements ?? []) {
      if (statement.kind === 'emit') scanResult(statement.value, fn, pasted);
      else if (statement.kind !== 'leave') scan([statement], fn, pasted);
    }
    if (!fn.inline) continue;
    for (const statement of fn.inline.prologue) scan(statement, fn, pasted);
    scanResult(fn.inline.result, fn, pasted);
  }
  return { pasted, lifted: new Set([...lifted, ...pasted]) };
}

function scan(fragments: Fragments, fn: LoweredFn, found: Set<string>): void {
  for (const fragment of fragments) {
    if (fragment.kind === 'capture') {
      const binding = fn.bindings[fragment.name];
      if (!binding || binding.kind === 'global') found.add(binding?.name ?? fragment.name);
    } else if (fragment.kind === 'text') {
      // Behind a dot it is a property, which means nothing by itself.
      for (const word of fragment.text.matchAll(/(?<![\w$]|(?<!\.\.)\.)[A-Za-z_$][\w$]*/g))
        found.add(word[0]);
    }
  }
}

function scanResult(result: Result, fn: LoweredFn, found: Set<string>): void {
  // The condition of a choice is part of its code.
  if (result.kind === 'expression') scan(result.code, fn, found);
  else if (result.kind === 'struct')
    for (const entry of result.entries) if (entry.kind === 'field') scanResult(entry.value, fn, found);
}
