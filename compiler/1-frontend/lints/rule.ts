/** A rule looks at one node of operator code at a time. */
import type { ts } from 'ts-morph';
import type { DiagnoseExtra } from '../../diagnostics/diagnose.js';
import type { MessageCode } from '../../diagnostics/messages.generated.js';
import type { TypeScript } from '../syntax.js';
import type { Callables } from '../lower/callables.js';
import { dottedName, rootOf } from '../lower/expressions.js';
import type { OperatorCode } from './operator-code.js';

export interface RuleContext {
  readonly ts: TypeScript;
  readonly code: OperatorCode;
  readonly callables: Callables;
  report(
    code: MessageCode,
    node: ts.Node,
    args: Readonly<Record<string, string>>,
    extra?: DiagnoseExtra,
  ): void;
}
export type Rule = (node: ts.Node, context: RuleContext) => void;

/** `Date.now` of the language, not of a Date that the program declares. */
export function globalName(node: ts.Node, { ts, code }: RuleContext): string | null {
  const name = dottedName(ts, node);
  return name && code.aliases.isGlobal(node) ? name.join('.') : null;
}

/** The package and name that the root of an expression is imported from: `fs.readFileSync` → node:fs readFileSync. */
export function importedName(
  node: ts.Node,
  { ts, code, callables }: RuleContext,
): { readonly from: string; readonly name: string } | null {
  const root = rootOf(ts, node);
  if (!ts.isIdentifier(root)) return null;
  const binding = code.callable.module.scopes.references.get(root)?.binding;
  if (!binding?.imported) return null;
  const target = callables.modules.importTarget(code.callable.module, binding);
  if (target?.kind !== 'external') return null;
  const path = dottedName(ts, node) ?? [];
  const isWhole = target.name === '*' || target.name === 'default';
  return { from: target.from.replace(/^node:/, ''), name: (isWhole ? path[1] : target.name) ?? target.name };
}

export function hasAsync(ts: TypeScript, node: ts.Node): boolean {
  return (
    ts.canHaveModifiers(node) && (node.modifiers?.some(m => m.kind === ts.SyntaxKind.AsyncKeyword) ?? false)
  );
}
