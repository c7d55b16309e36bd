/** Reports captured values that generated code would have to build but cannot. */
import type { DiagnosticLog, Place } from '../../diagnostics/diagnostic.js';
import { diagnose } from '../../diagnostics/diagnose.js';
import type { MessageCode } from '../../diagnostics/messages.generated.js';
import type { Value } from '../../ir/value.js';

/** `refusal`: why it cannot be imported from its module either. */
export function reportUnshippable(
  log: DiagnosticLog,
  { path, why, code }: Extract<Value, { t: 'unshippable' }>,
  at: Place,
  refusal: string | null,
): void {
  const end = path.lastIndexOf(' → ');
  const args = {
    path,
    why,
    name: path.slice(end === -1 ? 0 : end + 3),
    user: path.slice(0, Math.max(end, 0)),
  };
  const notes =
    refusal === null ? [] : [{ text: `it cannot be imported from its module either: ${refusal}`, at: null }];
  log.add(diagnose(code as MessageCode, args, at, { notes }));
}
