/** One function or class of the program, turned into text with holes and what analysis knows about it. */
import type { ts } from 'ts-morph';
import type { Binding as IrBinding, Fragments, LoweredFn, Usage } from '../../ir/lambda.js';
import type { FnSite } from '../../ir/value.js';
import type { UserModule } from '../modules.js';
import type { Frame, FreeName } from '../scope.js';
import type { TypeScript } from '../syntax.js';
import { BodyAnalysis } from './body-analysis.js';
import type { Callable, FunctionFacts, KnownCallables } from './callable.js';
import { glue, liftedFragments } from './fragments.js';
import { elementsPattern, flatMapStatements } from './flat-map-statements.js';
import { inlineForm } from './inline.js';
import { hasModifier } from './module-graph.js';

export type Reference = LoweredFn['reference'];
export type BindingsByName = Readonly<Record<string, IrBinding>>;

export interface FunctionContext {
  readonly callables: KnownCallables;
  readonly site: FnSite;
  readonly bindings: BindingsByName;
  readonly reference: Reference;
  /** used as a filter: only the truth of its result matters */
  readonly isPredicate: boolean;
  /** false when a captured name cannot be bound: then only the reference works */
  readonly canLift: boolean;
}

export function lowerFunction(callable: Callable, context: FunctionContext): LoweredFn {
  const { callables, site } = context;
  const library = callables.modules.ts;
  const analysis = new BodyAnalysis(callable, callables);
  const facts = analysis.analyseBody();
  const frame = callable.module.scopes.frames.get(callable.node)!;
  const simpleCollector = collectorIsSimple(library, callable);
  const elements = elementsPattern(library, callable);
  let around = analysis;
  if (elements !== null) {
    around = new BodyAnalysis(callable, callables, elements);
    around.analyseBody();
  }
  const statements =
    context.canLift && simpleCollector ? flatMapStatements(callables, callable, around) : null;
  const form = context.canLift ? inlineForm(callables, callable, analysis, context.isPredicate) : null;
  return {
    site,
    inline: form?.inline ?? null,
    lifted:
      context.canLift && !needsInstance(library, frame)
        ? liftedFunction(library, callable.module, frame)
        : null,
    reference: context.reference,
    bindings: context.bindings,
    usage: padded(form?.usage ?? facts.usage, facts),
    mutates: facts.mutates,
    retains: facts.retains,
    elements: facts.elements,
    ...takenElements(library, callable, frame),
    collectorIsSimple: simpleCollector,
    ...(statements && { statements, ...(elements !== null && { elementsByPosition: true as const }) }),
  };
}

/**
 * Methods of classes stay in their class. An arrow's `this` is captured like a name, and a method of an object literal
 * finds the object again when it is called on it; only `super` is lost.
 */
function needsInstance(ts: TypeScript, frame: Frame): boolean {
  if (!frame.usesThis || frame.kind === 'arrow') return false;
  return ts.isClassLike(frame.node.parent) || frame.thisNode?.kind === ts.SyntaxKind.SuperKeyword;
}

export function lowerClass(
  callables: KnownCallables,
  module: UserModule,
  frame: Frame,
  context: Pick<FunctionContext, 'site' | 'bindings' | 'reference' | 'canLift'>,
): LoweredFn {
  const library = callables.modules.ts;
  return {
    site: context.site,
    inline: null,
    lifted: context.canLift ? liftedClass(library, module, frame) : null,
    reference: context.reference,
    bindings: context.bindings,
    usage: [],
    mutates: [],
    retains: [],
    elements: [],
    collectorIsSimple: false,
  };
}

/** Parameters that are array patterns, or stand behind them only: `const [first] = list`. */
function takenElements(ts: TypeScript, callable: Callable, frame: Frame): Pick<LoweredFn, 'taken'> {
  if (frame.usesArguments || frame.free.has('eval')) return {};
  const names = callable.module.scopes.scopes.get(callable.node)?.names;
  const taken = callable.node.parameters.map(({ name, dotDotDotToken }) => {
    if (dotDotDotToken) return null;
    if (!ts.isIdentifier(name)) return placesOf(ts, name);
    const binding = names?.get(name.text);
    if (!binding || binding.writes.length > 0) return null;
    const patterns = binding.references.map(({ node }) =>
      ts.isVariableDeclaration(node.parent) && node.parent.initializer === node
        ? placesOf(ts, node.parent.name)
        : null,
    );
    return patterns.reduce(
      (most, places) => (most === null || places === null ? null : Math.max(most, places)),
      0,
    );
  });
  return taken.some(count => count !== null) ? { taken } : {};
}

/** Array patterns without a rest ask for as many elements as they have places; null: for any number. */
function placesOf(ts: TypeScript, name: ts.BindingName): number | null {
  if (!ts.isArrayBindingPattern(name)) return null;
  const last = name.elements.at(-1);
  return last && ts.isBindingElement(last) && last.dotDotDotToken ? null : name.elements.length;
}

function padded(usage: readonly Usage[], facts: FunctionFacts): readonly Usage[] {
  return facts.usage.map((_, param) => usage[param] ?? 'none');
}

/** Free names, without the function's own: as an expression it keeps its name and can call itself. */
export function freeNames(frame: Frame): readonly FreeName[] {
  return [...frame.free.values()].filter(free => !isOwnName(frame, free));
}

function isOwnName(frame: Frame, free: FreeName): boolean {
  if (!free.binding) return false;
  const declaration = free.binding.declaration;
  return declaration === frame.node || selfInitialised(frame) === declaration;
}

/** `const f = n => … f(n - 1) …` */
function selfInitialised(frame: Frame): ts.Node | null {
  const parent = frame.node.parent as ts.Node & { readonly initializer?: ts.Node };
  return parent.initializer === frame.node ? parent : null;
}

function liftedFunction(library: TypeScript, module: UserModule, frame: Frame): Fragments {
  const ts = library;
  const node = frame.node;
  const captured: Frame = { ...frame, free: new Map(freeNames(frame).map(free => [free.name, free])) };
  if (ts.isMethodDeclaration(node)) {
    const isAsync = hasModifier(ts, node, ts.SyntaxKind.AsyncKeyword);
    const start = node.typeParameters?.pos ?? node.parameters.pos;
    const open = module.text.lastIndexOf(node.typeParameters ? '<' : '(', start);
    const head = `${isAsync ? 'async ' : ''}function${node.asteriskToken ? '*' : ''} `;
    return [glue(head), ...liftedFragments(ts, module, captured, open, node.end)];
  }
  const code = liftedFragments(ts, module, captured, codeStart(ts, module, node), node.end);
  const named = [...frame.free.values()].find(
    free => isOwnName(frame, free) && !ts.isFunctionDeclaration(node),
  );
  if (!named) return code;
  return [glue(`(() => { const ${named.name} = `), ...code, glue(`; return ${named.name}; })()`)];
}

function liftedClass(library: TypeScript, module: UserModule, frame: Frame): Fragments {
  const captured: Frame = { ...frame, free: new Map(freeNames(frame).map(free => [free.name, free])) };
  return liftedFragments(library, module, captured, codeStart(library, module, frame.node), frame.node.end);
}

/** After `export` and `default`: a declaration becomes an expression. */
function codeStart(ts: TypeScript, module: UserModule, node: Frame['node']): number {
  const modifiers = ts.canHaveModifiers(node) ? (node.modifiers ?? []) : [];
  const last = modifiers.findLast(
    m => m.kind === ts.SyntaxKind.ExportKeyword || m.kind === ts.SyntaxKind.DefaultKeyword,
  );
  if (!last) return node.getStart(module.source);
  return last.end + (/^\s*/.exec(module.text.slice(last.end))?.[0].length ?? 0);
}

/** The last parameter is used as `out.collect(…)` only, in the function itself. */
function collectorIsSimple(ts: TypeScript, { node, module }: Callable): boolean {
  const last = node.parameters.at(-1);
  if (!last || node.parameters.length < 2 || !ts.isIdentifier(last.name)) return false;
  const binding = module.scopes.scopes.get(node)?.names.get(last.name.text);
  const frame = module.scopes.frames.get(node);
  if (!binding || binding.writes.length > 0) return false;
  return binding.references.every(({ node: use, frame: around }) => {
    const access = use.parent;
    return (
      around === frame &&
      ts.isPropertyAccessExpression(access) &&
      access.expression === use &&
      access.name.text === 'collect' &&
      ts.isCallExpression(access.parent) &&
      access.parent.expression === access &&
      // the whole of an arrow function's body, or a statement of it
      (access.parent === node.body || ts.isExpressionStatement(access.parent.parent))
    );
  });
}
