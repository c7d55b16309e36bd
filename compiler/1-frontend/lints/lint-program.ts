/** Runs the rules over all code that runs inside operators. */
import type { ts } from 'ts-morph';
import { diagnose } from '../../diagnostics/diagnose.js';
import type { DiagnosticLog } from '../../diagnostics/diagnostic.js';
import type { Graph } from '../../ir/graph.js';
import { Callables } from '../lower/callables.js';
import { ModuleGraph } from '../lower/module-graph.js';
import type { UserModules } from '../modules.js';
import { spanOf } from '../syntax.js';
import { operatorCode, type OperatorCode } from './operator-code.js';
import type { Rule, RuleContext } from './rule.js';
import { asyncFunction, floatingPromise, promiseResult } from './rules/async.js';
import { clock } from './rules/clock.js';
import { instanceField } from './rules/instance-field.js';
import { consoleOutput, environment, io, timers } from './rules/io.js';
import { unstableKey } from './rules/key.js';
import { locale } from './rules/locale.js';
import { randomness } from './rules/randomness.js';
import { recordModified } from './rules/record.js';
import { sharedData } from './rules/shared-data.js';
import { isSuppressed } from './suppression.js';

const rules: readonly Rule[] = [
  clock,
  randomness,
  sharedData,
  asyncFunction,
  promiseResult,
  floatingPromise,
  io,
  timers,
  consoleOutput,
  unstableKey,
  recordModified,
  locale,
  environment,
  instanceField,
];

/**
 * Warns about code that compiles but misbehaves in a job that is distributed and restarted. Works on syntax alone:
 * where a type would be needed, it stays silent.
 */
export function lintProgram(graph: Graph, modules: UserModules, log: DiagnosticLog): void {
  const callables = new Callables(new ModuleGraph(modules), graph.sites);
  for (const code of operatorCode(graph, callables)) lintFunction(code, callables, log);
}

function lintFunction(code: OperatorCode, callables: Callables, log: DiagnosticLog): void {
  const { ts } = callables.modules;
  const { module, node: fn } = code.callable;
  const context: RuleContext = {
    ts,
    code,
    callables,
    report(messageCode, node, args, extra = {}) {
      if (isSuppressed(module, messageCode, node.getStart(module.source))) return;
      const notes = code.isEntry ? [] : [{ text: 'it is called from this operator', at: code.op.origin }];
      log.add(diagnose(messageCode, args, spanOf(module.source, node), { notes, ...extra }));
    },
  };
  const visit = (node: ts.Node): void => {
    for (const rule of rules) rule(node, context);
    ts.forEachChild(node, visit);
  };
  visit(fn);
}
