import type { RuntimeFault } from '../runtime/contract/fault.js';

/** One clear error: code, reason, details, fix. */
export function faultText(fault: RuntimeFault): string {
  return [
    `error ${fault.code}: ${fault.message}`,
    ...Object.entries(fault.details).map(([key, value]) => `  ${key}: ${value}`),
    ...(fault.fix === null ? [] : [`  fix: ${fault.fix}`]),
  ].join('\n');
}
