/** Typed graph and lowered functions → physical plan. */
import type { DiagnosticLog } from '../diagnostics/diagnostic.js';
import type { LoweredProgram, OpId, Plan, TypedGraph } from '../ir/index.js';
import { draftOf, type Uid } from './draft.js';
import { formTasks } from './form-tasks.js';
import { lint } from './lint.js';
import { passes } from './passes.js';
import { printDraft } from './print.js';
import { validate } from './validate.js';
import { verifyDraft, verifyPlan } from './verify.js';

export { printPlan } from './print.js';
export { pushedFilters } from './push-filters.js';

export interface OptimizeOptions {
  /** Called after every pass that changed something. */
  readonly trace?: (pass: string, draft: string) => void;
  /** false: one task per operator, for tests that compare fused with unfused execution */
  readonly fuse?: boolean;
}

/** Mistakes go to `log`; the plan is only meaningful when it has no errors. */
export function optimize(
  graph: TypedGraph,
  program: LoweredProgram,
  uids: ReadonlyMap<OpId, Uid>,
  log: DiagnosticLog,
  options: OptimizeOptions = {},
): Plan {
  let draft = draftOf(graph, program, uids);
  validate(draft, log);
  lint(draft, log);
  const context = { log, fuse: options.fuse ?? true };
  for (const pass of passes) {
    const next = pass.run(draft, context);
    if (next === draft) continue;
    verifyDraft(next, pass.name);
    options.trace?.(pass.name, printDraft(next));
    draft = next;
  }
  const plan = formTasks(draft);
  verifyPlan(plan);
  return plan;
}
