/** Builds a diagnostic from its message file. */
import type { Diagnostic, Place } from './diagnostic.js';
import { messages, type MessageCode, type MessageTemplate } from './messages.generated.js';

export interface DiagnoseExtra {
  readonly notes?: Diagnostic['notes'];
  /** replaces the message file's fix line */
  readonly fix?: string;
}

export function diagnose(
  code: MessageCode,
  args: Readonly<Record<string, string>>,
  at: Place | null,
  extra: DiagnoseExtra = {},
): Diagnostic {
  const template: MessageTemplate = messages[code];
  const fill = (text: string): string =>
    text.replaceAll(/%(\w+)%/g, (_, name: string) => {
      const value = args[name];
      if (value === undefined) throw new Error(`compiler bug: ${code} needs an argument '${name}'`);
      return value;
    });
  return {
    code,
    severity: template.severity,
    message: fill(template.message),
    at,
    fix: extra.fix ?? (template.fix === null ? null : fill(template.fix)),
    notes: extra.notes ?? [],
  };
}
