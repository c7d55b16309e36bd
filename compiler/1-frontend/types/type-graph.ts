/** Schemas of everything in a staged graph: records on every edge, keys, accumulators, side outputs and states. */
import type { ts } from 'ts-morph';
import { diagnose } from '../../diagnostics/diagnose.js';
import type { DiagnosticLog } from '../../diagnostics/diagnostic.js';
import type { Graph, Op, OpId, OpTypes, Span, StateDeclaration, Value } from '../../ir/index.js';
import { schemaText } from '../../../plugins/api/schema-text.js';
import type { Schema } from '../../../plugins/api/schema.js';
import { addBindings, bindTypes } from './bind-types.js';
import type { CheckedType, Checker, NodeRange } from './checker.js';
import { broadcastStates, findStates, type StateSearch } from './find-states.js';
import { HelperBindings } from './helper-bindings.js';
import type { ProgramSyntax } from './program-syntax.js';
import { noBindings, schemaOf, type BoundType, type TypeBindings } from './schema-of.js';

/** What a source hands to the dead-letter output instead of a record it cannot decode. */
export const deadLetterSchema: Schema = {
  kind: 'struct',
  fields: [
    { name: 'position', schema: { kind: 'string' }, optional: false },
    { name: 'raw', schema: { kind: 'bytes' }, optional: false },
    { name: 'reason', schema: { kind: 'string' }, optional: false },
  ],
};

/** null when something has no schema; every reason is in the log. */
export function typesOf(
  graph: Graph,
  checker: Checker,
  syntax: ProgramSyntax,
  log: DiagnosticLog,
): ReadonlyMap<OpId, OpTypes> | null {
  const typing = new Typing(graph, checker, syntax, log);
  for (const op of graph.ops) typing.op(op);
  return typing.ok ? typing.types : null;
}

/** Stands for a schema that was reported as missing, so that what follows is still looked at. */
const unknownSchema: Schema = { kind: 'json' };

class Typing {
  readonly types = new Map<OpId, OpTypes>();
  readonly #graph: Graph;
  readonly #checker: Checker;
  readonly #log: DiagnosticLog;
  readonly #search: StateSearch;
  readonly #helpers: HelperBindings;
  readonly #bindings = new Map<OpId, TypeBindings>();
  readonly #tags = new Map<string, Schema>();
  readonly #calls: ReadonlyMap<Op, CallTypes>;
  #ok = true;

  constructor(graph: Graph, checker: Checker, syntax: ProgramSyntax, log: DiagnosticLog) {
    this.#graph = graph;
    this.#checker = checker;
    this.#log = log;
    this.#search = { checker, syntax, sites: graph.sites, log, ok: true };
    this.#helpers = new HelperBindings(checker, syntax);
    this.#calls = callTypes(graph, checker, syntax);
  }

  get ok(): boolean {
    return this.#ok && this.#search.ok;
  }

  op(op: Op): void {
    const call = this.#calls.get(op)!;
    const inputs = op.inputs.map(edge => {
      const from = this.types.get(edge.from)!;
      return (edge.sideOutput === null ? from.output : from.sideOutputs[edge.sideOutput]) ?? unknownSchema;
    });
    const bindings = new Map<CheckedType, BoundType>();
    if (call.isGeneric) bindInputs(call, inputs, bindings);
    addBindings(this.#helpers.of(op.helper), bindings);
    if (call.continuesHelper) this.#inherit(op, bindings);
    const key = this.#key(op, bindings);
    if (call.isGeneric && key) bindParameter(call.receiver, ['K'], key, bindings);
    const bound: TypeBindings = bindings.size === 0 ? noBindings : bindings;
    this.#bindings.set(op.id, bound);
    this.types.set(op.id, {
      inputs,
      output: this.#output(op, call, inputs, bound),
      key,
      sideOutputs: this.#sideOutputs(op, inputs, bound),
      accumulator: this.#accumulator(op, call, bound),
      states: this.#states(op, bound),
    });
  }

  /** What was bound earlier in the same call of the helper, where this receiver's type does not say it again. */
  #inherit(op: Op, bindings: Map<CheckedType, BoundType>): void {
    for (const { from } of op.inputs) {
      addBindings(this.#bindings.get(from) ?? noBindings, bindings);
    }
  }

  #output(op: Op, call: CallTypes, inputs: readonly Schema[], bindings: TypeBindings): Schema | null {
    const given = (op as { readonly outputType?: 'input' | Schema }).outputType;
    if (given !== undefined) return given === 'input' ? inputs[0]! : given;
    const record = call.result && recordType(call.result);
    switch (op.kind) {
      case 'sink':
        return null;
      case 'assignTimestamps':
      case 'rollingAggregate':
        return inputs[0]!;
      case 'filter':
        // A type guard narrows; otherwise the records are the input's, fields and all.
        if (record && record === (call.receiver && recordType(call.receiver))) return inputs[0]!;
        break;
      case 'union':
        if (new Set(inputs.map(s => schemaText(s, { classes: true }))).size === 1) return inputs[0]!;
        break;
      default:
        break;
    }
    if (!record) {
      this.#fail(diagnose('FC1311', { op: op.kind }, op.origin));
      return unknownSchema;
    }
    return this.#schema(record, 'record', op.origin, bindings) ?? unknownSchema;
  }

  #key(op: Op, bindings: TypeBindings): Schema | null {
    for (const { partition } of op.inputs) {
      if (partition.kind !== 'hash') continue;
      const type = this.#typeAt(partition.at);
      const keyed = type && parameterOf(type, ['K']);
      if (!keyed) {
        this.#fail(diagnose('FC1311', { op: 'keyBy' }, partition.at));
        return unknownSchema;
      }
      const known = new Map(bindings);
      addBindings(this.#helpers.of(partition.helper), known);
      const schema = this.#schema(keyed, 'key', partition.at, known);
      if (!schema) return unknownSchema;
      const why = whyNotKey(schema);
      if (why !== null) this.#fail(diagnose('FC1312', { type: keyed.text, why }, partition.at));
      return schema;
    }
    return null;
  }

  #sideOutputs(op: Op, inputs: readonly Schema[], bindings: TypeBindings): Readonly<Record<string, Schema>> {
    const found: Record<string, Schema> = {};
    const late = (tag: string | null, input: number): void => {
      if (tag !== null) found[tag] = inputs[input]!;
    };
    if (op.kind === 'window') late(op.window.lateTag, 0);
    if (op.kind === 'intervalJoin') {
      late(op.leftLateTag, 0);
      late(op.rightLateTag, 1);
    }
    for (const reader of this.#graph.ops) {
      for (const { from, sideOutput } of reader.inputs) {
        if (from !== op.id || sideOutput === null || sideOutput in found) continue;
        found[sideOutput] =
          op.kind === 'source' ? deadLetterSchema : this.#tag(sideOutput, reader.origin, bindings);
      }
    }
    return found;
  }

  /** @param bindings of the op that fills it: a tag made in a generic helper is another one in each of its calls */
  #tag(id: string, reader: Span, bindings: TypeBindings): Schema {
    let schema = bindings === noBindings ? this.#tags.get(id) : undefined;
    if (!schema) {
      const at = this.#graph.tags.find(t => t.tag === id)?.at;
      const type = at && this.#typeAt(at);
      const record = type && parameterOf(type, ['T']);
      if (!record) this.#fail(diagnose('FC1311', { op: 'getSideOutput' }, at ?? reader));
      schema = (record && this.#schema(record, `side output '${id}'`, at!, bindings, true)) ?? unknownSchema;
      if (bindings === noBindings) this.#tags.set(id, schema);
    }
    return schema;
  }

  /** Contextual typing gives the parameter of getResult its type even where the accumulator is inferred. */
  #accumulator(op: Op, call: CallTypes, bindings: TypeBindings): Schema | null {
    const isAggregate =
      (op.kind === 'window' && op.function.kind === 'aggregate') ||
      (op.kind === 'fullWindowPartition' && op.operation === 'aggregate');
    if (!isAggregate || !call.argument) return null;
    const method = (name: string): CheckedType['signature'] =>
      call.argument!.properties.find(p => p.name === name)?.type.signature ?? null;
    const type = method('getResult')?.parameters[0] ?? method('createAccumulator')?.result;
    return type ? this.#schema(type, 'accumulator', op.origin, bindings) : null;
  }

  #states(op: Op, bindings: TypeBindings): readonly StateDeclaration[] {
    const own = findStates(this.#search, functionsOf(op), bindings);
    const broadcast =
      op.kind === 'broadcastProcess' ? broadcastStates(this.#search, op.descriptors, bindings) : [];
    const found = [...own, ...broadcast];
    for (const name of Object.keys(op.renamed?.states ?? {})) {
      if (found.some(state => state.name === name)) continue;
      const what = `state '${name}' of operator '${op.uid ?? op.symbolPath}'`;
      const known = found.map(state => state.name).join(', ') || 'none';
      this.#fail(diagnose('FC1216', { what, known }, op.origin));
    }
    return found;
  }

  #schema(
    type: CheckedType,
    label: string,
    at: Span,
    bindings: TypeBindings,
    declared = false,
  ): Schema | null {
    const report = ({ code, args }: Parameters<Parameters<typeof schemaOf>[1]['report']>[0]): void =>
      this.#log.add(diagnose(code, args, at));
    const schema = schemaOf(type, { label, bindings, declared, report });
    if (!schema) this.#ok = false;
    return schema;
  }

  #fail(diagnostic: Parameters<DiagnosticLog['add']>[0]): void {
    this.#ok = false;
    this.#log.add(diagnostic);
  }

  #typeAt(range: NodeRange): CheckedType | null {
    return this.#checker.typesAt([range])[0] ?? null;
  }
}

interface CallTypes {
  readonly result: CheckedType | null;
  readonly receiver: CheckedType | null;
  readonly argument: CheckedType | null;
  /** stands inside something with type parameters */
  readonly isGeneric: boolean;
  /** stands there, and its receiver was made in the same call of the helper rather than given to it */
  readonly continuesHelper: boolean;
}

/** Types of the API call of every op, of its receiver and of its first argument: asked for at once. */
function callTypes(graph: Graph, checker: Checker, syntax: ProgramSyntax): ReadonlyMap<Op, CallTypes> {
  const nodes = graph.ops.map(op => {
    const call = op.origin.end > op.origin.start ? syntax.at(op.origin, syntax.ts.isCallExpression) : null;
    const receiver = call && receiverOf(call, syntax);
    const argument = call?.arguments[0] ?? null;
    return {
      op,
      ...helperOf(call, receiver, syntax),
      ranges: [call, receiver, argument].map(n => (n ? syntax.rangeOf(n) : null)),
    };
  });
  const asked = nodes.flatMap(n => n.ranges).filter(r => r !== null);
  const types = checker.typesAt(asked);
  let next = 0;
  return new Map(
    nodes.map(({ op, isGeneric, continuesHelper, ranges }) => {
      const [result, receiver, argument] = ranges.map(r => (r ? types[next++]! : null));
      return [op, { result: result!, receiver: receiver!, argument: argument!, isGeneric, continuesHelper }];
    }),
  );
}

/** `stream.map(…)`, or the stream that AsyncDataStream's methods are given first. */
function receiverOf(call: ts.CallExpression, syntax: ProgramSyntax): ts.Expression | null {
  const { ts } = syntax;
  const callee = call.expression;
  if (!ts.isPropertyAccessExpression(callee)) return null;
  const isStatic = ts.isIdentifier(callee.expression) && /Wait(WithRetry)?$/.test(callee.name.text);
  return isStatic ? (call.arguments[0] ?? null) : callee.expression;
}

function helperOf(
  call: ts.Node | null,
  receiver: ts.Expression | null,
  { ts }: ProgramSyntax,
): Pick<CallTypes, 'isGeneric' | 'continuesHelper'> {
  let isGeneric = false;
  let isGiven = receiver === null;
  for (let at = call; at; at = at.parent) {
    if (!ts.isFunctionLike(at) && !ts.isClassLike(at)) continue;
    if (at.typeParameters && at.typeParameters.length > 0) isGeneric = true;
    if (!ts.isFunctionLike(at) || !receiver || !ts.isIdentifier(receiver)) continue;
    isGiven ||= at.parameters.some(p => p.name.getText().split(/\W+/).includes(receiver.text));
  }
  const isMadeHere = receiver !== null && (ts.isCallExpression(receiver) || ts.isIdentifier(receiver));
  return { isGeneric, continuesHelper: isGeneric && isMadeHere && !isGiven };
}

/** Streams and the builders between them call their type parameters alike: records T or A and B, keys K. */
function parameterOf(type: CheckedType, names: readonly string[]): CheckedType | null {
  const at = type.generic?.parameters.findIndex(p => names.includes(p.text)) ?? -1;
  return at < 0 ? null : (type.typeArguments[at] ?? null);
}
const streamClasses: ReadonlySet<string> = new Set([
  'DataStream',
  'SingleOutputStreamOperator',
  'DataStreamSource',
  'KeyedStream',
]);
function recordType(type: CheckedType): CheckedType | null {
  return type.name !== null && streamClasses.has(type.name) ? parameterOf(type, ['T']) : null;
}

function bindInputs(call: CallTypes, inputs: readonly Schema[], into: Map<CheckedType, BoundType>): void {
  if (inputs[0]) bindParameter(call.receiver, ['T', 'A'], inputs[0], into);
  if (inputs[1]) bindParameter(call.receiver, ['B', 'U'], inputs[1], into);
}
function bindParameter(
  receiver: CheckedType | null,
  names: readonly string[],
  schema: Schema,
  into: Map<CheckedType, BoundType>,
): void {
  const type = receiver && parameterOf(receiver, names);
  if (type) bindTypes(type, schema, into);
}

/** User functions that may open states. */
function functionsOf(op: Op): readonly Value[] {
  switch (op.kind) {
    case 'window':
      return [op.window.trigger, 'window' in op.function ? op.function.window : null].filter(v => v !== null);
    case 'coGroup':
    case 'windowJoin':
      return [op.window.trigger, op.fn].filter(v => v !== null);
    case 'source':
    case 'sink':
    case 'project':
    case 'union':
    case 'assignTimestamps':
    case 'rollingAggregate':
      return [];
    default:
      return [op.fn];
  }
}

function whyNotKey(schema: Schema): string | null {
  switch (schema.kind) {
    case 'json':
      return 'JSON values have no single encoding';
    case 'recursive':
      return 'it is recursive';
    case 'nullable':
    case 'list':
    case 'set':
      return whyNotKey(schema.of);
    case 'struct':
      return schema.fields.map(f => whyNotKey(f.schema)).find(why => why !== null) ?? null;
    case 'tuple':
      return schema.items.map(whyNotKey).find(why => why !== null) ?? null;
    default:
      return null;
  }
}
