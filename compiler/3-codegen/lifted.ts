/** The text of a lifted function with its captures filled in. */
import type { Binding, LoweredFn } from '../ir/index.js';
import type { Code, Piece } from './code.js';

export function liftedCode(lowered: LoweredFn, bind: (binding: Binding, name: string) => Code): Code {
  const file = lowered.site.span.file;
  const bound = new Map<string, Code>();
  return lowered.lifted!.flatMap((fragment): Piece[] => {
    switch (fragment.kind) {
      case 'text':
        return [{ text: fragment.text, file, at: fragment.at }];
      case 'glue':
        return [fragment.text];
      case 'capture': {
        const binding = lowered.bindings[fragment.name];
        if (!binding) return [{ text: fragment.name, file, at: fragment.at }];
        let code = bound.get(fragment.name);
        if (!code) bound.set(fragment.name, (code = bind(binding, fragment.name)));
        return fragment.shorthand ? [`${fragment.name}: `, ...code] : [...code];
      }
      case 'local':
        return [{ text: fragment.name, file, at: fragment.at }];
      case 'field':
      case 'presence':
      case 'param':
        throw new Error(`compiler bug: lifted text of ${lowered.site.id} has a hole for a parameter`);
    }
  });
}
