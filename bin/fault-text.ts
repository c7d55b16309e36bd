/** Errors of a running job look like those of the compiler: code, message, place with its line, facts, fix. */
import type { Diagnostic, Place } from '../compiler/diagnostics/diagnostic.js';
import { renderDiagnostic, wantsColor, type ReadSource } from '../compiler/diagnostics/render.js';
import type { RuntimeFault } from '../runtime/contract/fault.js';
import { printable } from './printable.js';

export function faultText(fault: RuntimeFault, read: ReadSource = () => undefined): string {
  return renderDiagnostic(faultDiagnostic(fault), read, { color: wantsColor(process.stderr) });
}

function faultDiagnostic({ code, message, fix, facts }: RuntimeFault): Diagnostic {
  const { at, ...others } = facts;
  return {
    code: code as Diagnostic['code'],
    severity: 'error',
    message: printable(message),
    at: at === undefined ? null : placeOf(at),
    fix,
    notes: [],
    details: Object.fromEntries(Object.entries(others).map(([key, value]) => [key, printable(value)])),
  };
}

/** 'orders.ts:12:7', as stack frames name places; where the expression ends is not known. */
function placeOf(at: string): Place | null {
  const match = /^(.+):(\d+):(\d+)$/.exec(at);
  return match
    ? { file: match[1]!, line: Number(match[2]), column: Number(match[3]), start: 0, end: 0 }
    : null;
}
