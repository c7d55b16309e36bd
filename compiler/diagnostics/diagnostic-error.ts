/** A diagnostic that ends a command: thrown where there is nothing to go on with, e.g. a wrong command line. */
import type { Diagnostic } from './diagnostic.js';

export class DiagnosticError extends Error {
  override readonly name: string = 'DiagnosticError';
  readonly diagnostic: Diagnostic;

  constructor(diagnostic: Diagnostic, cause?: unknown) {
    super(diagnostic.message, cause === undefined ? undefined : { cause });
    this.diagnostic = diagnostic;
  }
}
