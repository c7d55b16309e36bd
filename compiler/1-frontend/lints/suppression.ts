/** Findings that the program says it means. */
import { isSuppressedAt } from '../../diagnostics/suppression.js';
import type { UserModule } from '../modules.js';

export function isSuppressed(module: UserModule, code: string, position: number): boolean {
  const { line } = module.source.getLineAndCharacterOfPosition(position);
  return isSuppressedAt(module.text, code, line + 1);
}
