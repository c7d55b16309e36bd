/** Joins what the compiler knows of a state with the functions that its descriptor brings. */
import type { StateDescriptorLike } from '../../plugins/api/state.js';
import type { StateSpec } from './state.js';

export function withMigrations(spec: StateSpec, { migrate }: StateDescriptorLike): StateSpec {
  if (!migrate || !spec.migrations) return spec;
  const migrations = spec.migrations.map(({ from }, i) => {
    const convert = migrate[i] as ((old: unknown) => unknown) | undefined;
    return convert ? { from, convert } : { from };
  });
  return { ...spec, migrations };
}
