/** Parameters as functions and connectors see them. */
import type { Parameters } from '../../plugins/api/functions.js';

export function parametersOf(all: Readonly<Record<string, string>>): Parameters {
  return {
    all,
    get(name) {
      const value = all[name];
      if (value === undefined) throw new Error(`parameter '${name}' has no value`);
      return value;
    },
    getOptional: name => all[name],
  };
}
