/** `state.changelog.enabled`: a changelog on top of the chosen backend. */
import type { StateBackend } from '../state-backend.js';
import { ChangelogOperatorState } from './changelog-state.js';
import type { ChangelogSettings } from './settings.js';

/** `backend` must have been opened for it: its states tell of changes. */
export function changelogStateBackend(backend: StateBackend, settings: ChangelogSettings): StateBackend {
  return {
    open: async options => new ChangelogOperatorState(options, await backend.open(options), settings),
    close: () => backend.close(),
  };
}
