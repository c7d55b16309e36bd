/** Reports captured values that generated code would have to build but cannot. */
import type { DiagnosticLog, Place } from '../../diagnostics/diagnostic.js';
import { diagnose } from '../../diagnostics/diagnose.js';
import type { Value } from '../../ir/value.js';

/** `refusal`: why it cannot be imported from its module either. */
export function reportUnshippable(
  log: DiagnosticLog,
  value: Extract<Value, { t: 'unshippable' }>,
  at: Place,
  refusal: string | null,
): void {
  const notes =
    refusal === null ? [] : [{ text: `it cannot be imported from its module either: ${refusal}`, at: null }];
  log.add(diagnose('FC1401', { path: value.path, why: value.why }, at, { notes }));
}
