/** Values of the program's parameters and secrets at deploy time. */
import { suggest } from '../core/suggest.js';
import { RuntimeFault } from '../contract/fault.js';
import type { ManifestParameter } from '../contract/manifest.js';

export interface ResolvedParameters {
  readonly all: Readonly<Record<string, string>>;
  /** secret values, to be redacted */
  readonly secrets: readonly string[];
}

export function resolveParameters(
  declared: readonly ManifestParameter[],
  params: Readonly<Record<string, string>>,
  secrets: Readonly<Record<string, string | undefined>>,
): ResolvedParameters {
  checkNames(declared, params);
  const all: Record<string, string> = { ...params };
  const secretValues: string[] = [];
  for (const parameter of declared) {
    const given =
      parameter.kind === 'secret'
        ? (secrets[parameter.name] ?? params[parameter.name])
        : params[parameter.name];
    const value = given ?? parameter.default;
    if (value === null) throw missing(parameter);
    checkType(parameter, value);
    all[parameter.name] = value;
    if (parameter.kind === 'secret') secretValues.push(value);
  }
  return { all, secrets: secretValues };
}

/**
 * A misspelt name must not leave the parameter at its default. Functions may read names that are declared nowhere, so
 * only a name that resembles a declared one without a value is taken for a mistake.
 */
function checkNames(declared: readonly ManifestParameter[], params: Readonly<Record<string, string>>): void {
  const names = new Set(declared.map(parameter => parameter.name));
  const open = [...names].filter(name => params[name] === undefined);
  for (const name of Object.keys(params)) {
    const near = names.has(name) ? null : suggest(name, open);
    if (near !== null)
      throw new RuntimeFault('FC4010', {
        message: `the program has no parameter '${name}'`,
        domain: 'config',
        fix: `did you mean '${near}'?`,
      });
  }
}

function missing(parameter: ManifestParameter): RuntimeFault {
  const secret = parameter.kind === 'secret';
  return new RuntimeFault('FC5010', {
    message: `${secret ? 'secret' : 'parameter'} '${parameter.name}' has no value`,
    domain: 'config',
    fix: secret ? `set the environment variable ${parameter.name}` : `add --param ${parameter.name}=…`,
  });
}

function checkType({ name, kind, type }: ManifestParameter, value: string): void {
  const fits =
    type === 'string' ||
    (type === 'boolean'
      ? /^(true|false)$/.test(value)
      : value.trim() !== '' && Number.isFinite(Number(value)));
  if (fits) return;
  const given = kind === 'secret' ? '' : `, not '${value}'`;
  throw new RuntimeFault('FC5019', {
    message: `parameter '${name}' must be a ${type}${given}`,
    domain: 'config',
    fix: `--param ${name}=${type === 'boolean' ? 'true' : '1'}`,
  });
}
