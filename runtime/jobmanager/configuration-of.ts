import { RuntimeFault } from '../contract/fault.js';
import { parseConfiguration, type Configuration } from '../core/configuration.js';

/** Throws the first problem. */
export function configurationOf(entries: Readonly<Record<string, string>>): Configuration {
  const parsed = parseConfiguration(entries);
  if (parsed.ok) return parsed.configuration;
  const [problem] = parsed.problems;
  throw problem!.reason === 'unknown'
    ? new RuntimeFault('FC5020', {
        message: `unknown option '${problem!.key}'`,
        domain: 'config',
        fix: `did you mean '${problem!.hint}'?`,
      })
    : new RuntimeFault('FC5021', {
        message: `option '${problem!.key}' cannot be '${problem!.value}'`,
        domain: 'config',
        fix: `give ${problem!.hint}`,
      });
}
