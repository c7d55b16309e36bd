/** What the emitters of one task share: its module, its gates and operators, and the way down the chain. */
import type { Schema } from '../../plugins/api/index.js';
import type { Exchange, Op, OpId, PlanOp, PlanTask, Value } from '../ir/index.js';
import { Block, type FunctionScope } from './block.js';
import type { CodeLike } from './code.js';
import { Lines } from './code.js';
import { copyOf } from './copies.js';
import { emitOperator } from './emit/index.js';
import type { CodecSet } from './codecs/index.js';
import { writeCombined } from './combined-output.js';
import { schemaText } from '../../plugins/api/schema-text.js';
import type { ModuleBuilder } from './module.js';
import { Names } from './names.js';
import { writeOutput } from './outputs.js';
import type { Leaf, StructSchema, Sym } from './record.js';
import { fieldSchema, named, use } from './record.js';
import { typeOf } from './types.js';

/** One operator at one point of the generated code. */
export interface OperatorSite<O extends Op = Op> {
  readonly writer: TaskWriter;
  readonly planOp: PlanOp;
  readonly op: O;
  /** index in TaskModule.operators */
  readonly index: number;
  /** which input of the operator the record comes from */
  readonly input: number;
  readonly record: Sym;
  readonly timestamp: Leaf;
  /** a session arrives: time of its last record */
  readonly last?: Leaf;
  /** hash-partitioned input: expression of the current key */
  readonly key: string | null;
  readonly block: Block;
}

/** Calls that every task instance makes on its operators; in chain order, so what one emits reaches the next in time. */
export type Hook =
  | 'open'
  | 'watermark'
  | 'idle'
  | 'periodic'
  | 'endInput'
  | 'prepareSnapshot'
  | 'keyEnd'
  | 'finish'
  | 'close'
  | 'pending'
  | 'canAccept';

/** What the rest of a chain is called with, and the record that this makes. */
interface ContinuationInput {
  readonly parameters: readonly (readonly [hint: string, schema: Schema])[];
  record(names: readonly string[]): Sym;
}
const whole = (schema: Schema): ContinuationInput => ({
  parameters: [['value', schema]],
  record: ([value]) => named(value!, schema),
});

export class TaskWriter {
  readonly module: ModuleBuilder;
  readonly task: PlanTask;
  /** user function objects made in create(ctx) */
  readonly instances = new Map<Value, string>();
  /** nested functions of create(ctx): continuations of stateful operators, batch loops */
  readonly functions = new Lines();
  readonly #hooks = new Map<Hook, { readonly index: number; readonly code: string }[]>();
  readonly #gates = new Map<Exchange, string>();
  readonly #combiners = new Map<Exchange, string>();
  readonly #next = new Map<Exchange, string>();
  readonly #operators = new Map<OpId, string>();
  readonly #contexts = new Map<number, string>();
  readonly #avoid: ReadonlySet<string>;

  readonly codecs: CodecSet;
  /** operators that make watermarks of their own, and the object that carries them on: those of the input end there */
  readonly times: { readonly index: number; readonly target: string; readonly holdsEnd: boolean }[] = [];

  constructor(module: ModuleBuilder, avoid: ReadonlySet<string>, codecs: CodecSet) {
    this.module = module;
    this.codecs = codecs;
    this.task = module.task;
    this.#avoid = avoid;
  }

  hook(hook: Hook, index: number, code: string): void {
    const all = this.#hooks.get(hook) ?? [];
    this.#hooks.set(hook, [...all, { index, code }]);
  }
  hooks(hook: Hook): readonly { readonly index: number; readonly code: string }[] {
    return [...(this.#hooks.get(hook) ?? [])].sort((a, b) => a.index - b.index);
  }
  keyType(schema: Schema): string {
    const { module } = this;
    return module.once(
      `key ${schemaText(schema, { classes: true })}`,
      'keyType',
      () => `{ schema: ${module.schema(schema)}, codec: ${this.codecs.use(schema, 'key')} }`,
      `: ${module.contractType('KeyType')}`,
    );
  }
  /** Bad records of a source go to its only side output. */
  deadLetterContinuation(): string | null {
    const tag = this.sideOutputs(0)[0];
    if (tag === undefined) return null;
    const name = this.module.names.fresh('deadLetter');
    this.#continuationFunction(
      0,
      name,
      whole(this.task.ops[0]!.types.sideOutputs[tag] ?? { kind: 'json' }),
      tag,
    );
    return name;
  }
  /** `holdsEnd`: results may still come when the input has ended */
  timeBegins(index: number, target: string, holdsEnd: boolean): void {
    this.times.push({ index, target, holdsEnd });
    this.times.sort((a, b) => a.index - b.index);
  }
  /** A statement of create(ctx). */
  create(...code: readonly CodeLike[]): void {
    this.module.create.add(2, ...code);
  }
  gate(exchange: Exchange): string {
    let name = this.#gates.get(exchange);
    if (name === undefined) {
      name = this.module.names.fresh(`out${this.task.outputs.indexOf(exchange.id)}`);
      this.create(`const ${name} = ctx.outputs[${this.task.outputs.indexOf(exchange.id)}]!;`);
      this.#gates.set(exchange, name);
    }
    return name;
  }
  /** The object that keeps rows back for the exchange, made once. */
  combiner(exchange: Exchange, make: (gate: string) => string): string {
    let name = this.#combiners.get(exchange);
    if (name === undefined) {
      const gate = this.gate(exchange);
      name = this.module.names.fresh(`combine${this.task.outputs.indexOf(exchange.id)}`);
      this.create(`const ${name} = ${make(gate)};`);
      this.#combiners.set(exchange, name);
    }
    return name;
  }
  roundRobin(exchange: Exchange): string {
    const gate = this.gate(exchange);
    let name = this.#next.get(exchange);
    if (name === undefined) {
      name = this.module.names.fresh('next');
      this.create(`let ${name} = (Math.random() * ${gate}.channels) | 0;`);
      this.#next.set(exchange, name);
    }
    return name;
  }
  /** OperatorContext of an operator. */
  context(index: number): string {
    let name = this.#contexts.get(index);
    if (name === undefined) {
      name = this.module.names.fresh(`context${index}`);
      this.create(`const ${name} = ctx.operator(${index});`);
      this.#contexts.set(index, name);
    }
    return name;
  }
  /** The library operator behind `op`, made once however many inputs it has. */
  operator(op: Op, make: () => string): string {
    let name = this.#operators.get(op.id);
    if (name === undefined) this.#operators.set(op.id, (name = make()));
    return name;
  }

  function(names: {
    readonly prelude: { readonly lines: Lines; readonly indent: number } | null;
    readonly hoistOutputs: boolean;
  }): FunctionScope {
    return {
      ...names,
      names: new Names(this.module.names, this.#avoid),
      classOf: ref => this.module.import(`user:${ref.module}`, ref.exportName),
      once: new Map(),
      afterLoop: [],
    };
  }

  /** Everything that reads the output (or one side output) of an operator: fused operators, then exchanges. */
  consumers(
    index: number,
    sideOutput: string | null,
  ): { readonly ops: readonly number[]; readonly exchanges: readonly Exchange[] } {
    const id = this.task.ops[index]!.op.id;
    const ops = this.task.ops.flatMap((o, i) =>
      i > 0 && o.op.inputs.some(e => e.from === id && e.sideOutput === sideOutput) ? [i] : [],
    );
    const exchanges = this.task.outputs
      .map(e => this.module.plan.exchanges[e]!)
      .filter(e => e.fromOp === id && e.sideOutput === sideOutput);
    return { ops, exchanges };
  }
  sideOutputs(index: number): readonly string[] {
    const id = this.task.ops[index]!.op.id;
    const tags = new Set<string>();
    for (const op of this.task.ops.slice(1))
      for (const e of op.op.inputs) if (e.from === id && e.sideOutput !== null) tags.add(e.sideOutput);
    for (const e of this.task.outputs.map(x => this.module.plan.exchanges[x]!))
      if (e.fromOp === id && e.sideOutput !== null) tags.add(e.sideOutput);
    return [...tags].sort();
  }

  /** Hands the record on to all consumers. */
  emit(index: number, record: Sym, timestamp: Leaf, block: Block, sideOutput: string | null = null): void {
    const { ops, exchanges } = this.consumers(index, sideOutput);
    const copies = this.task.ops[index]!.copyOutput;
    const own = (): Sym => (copies ? copyOf(this.module, record) : record);
    for (const exchange of exchanges)
      if (exchange.combine !== null) writeCombined(this, exchange, exchange.combine, block, own(), timestamp);
      else writeOutput(this, exchange, block, own(), use(block, timestamp));
    ops.forEach((child, n) => {
      const last = n === ops.length - 1;
      if (last || !this.#mayExit(child))
        return emitOperator(this.site(child, 0, own(), timestamp, null, block));
      const label = block.fresh('branch');
      block.line(`${label}: {`);
      emitOperator(this.site(child, 0, own(), timestamp, null, block.nested(`break ${label}`)));
      block.line('}');
    });
  }
  site(
    index: number,
    input: number,
    record: Sym,
    timestamp: Leaf,
    key: string | null,
    block: Block,
  ): OperatorSite {
    const planOp = this.task.ops[index]!;
    return { writer: this, planOp, op: planOp.op, index, input, record, timestamp, key, block };
  }
  timestampOf(site: OperatorSite): string {
    return use(site.block, site.timestamp);
  }
  /** Filters leave the record's block; whoever comes after them in it must not be skipped. */
  #mayExit(index: number): boolean {
    const { op } = this.task.ops[index]!;
    if (op.kind === 'filter') return true;
    return (
      (op.kind === 'map' || op.kind === 'project') &&
      this.consumers(index, null).ops.some(i => this.#mayExit(i))
    );
  }

  /** Function that continues the chain after an operator that emits when it likes. */
  continuation(index: number, schema: Schema, hint = 'after'): string {
    const name = this.module.names.fresh(`${hint}${index}`);
    this.#continuationFunction(index, name, whole(schema), null);
    return name;
  }
  /** The same, called with these fields of the record instead of the record. */
  continuationOfFields(index: number, schema: StructSchema, fields: readonly string[]): string {
    const name = this.module.names.fresh(`after${index}`);
    const parts = fields.map(field => ({ field, schema: fieldSchema(schema, field) }));
    this.#continuationFunction(
      index,
      name,
      {
        parameters: parts.map(part => [part.field, part.schema]),
        record: names => ({
          kind: 'struct',
          schema,
          fields: new Map(parts.map((part, i) => [part.field, named(names[i]!, part.schema)])),
          presence: null,
        }),
      },
      null,
    );
    return name;
  }
  /** EmitSide of an operator: one branch per tag that anybody reads. */
  sideContinuation(index: number): string {
    const tags = this.sideOutputs(index);
    if (tags.length === 0) return '() => {}';
    const name = this.module.names.fresh(`side${index}`);
    const types = this.task.ops[index]!.types.sideOutputs;
    const targets = tags.map(tag => ({ tag, target: this.module.names.fresh(`after${index}Side`) }));
    for (const { tag, target } of targets)
      this.#continuationFunction(index, target, whole(types[tag] ?? { kind: 'json' }), tag);
    this.functions.origin = this.task.ops[index]!.op.origin;
    this.functions.add(2, `function ${name}(tag: string, value: unknown, ts: number): void {`);
    for (const { tag, target } of targets)
      this.functions.add(3, `if (tag === ${JSON.stringify(tag)}) ${target}(value, ts);`);
    this.functions.add(2, '}');
    return name;
  }
  #continuationFunction(
    index: number,
    name: string,
    input: ContinuationInput,
    sideOutput: string | null,
  ): void {
    const lines = this.functions.part();
    lines.origin = this.task.ops[index]!.op.origin;
    const scope = this.function({ prelude: null, hoistOutputs: false });
    const values = input.parameters.map(([hint]) => scope.names.fresh(hint));
    const ts = scope.names.fresh('ts');
    const typed = input.parameters.map(([, schema], i) => `${values[i]!}: ${typeOf(schema)}, `);
    lines.add(2, `function ${name}(${typed.join('')}${ts}: number): void {`);
    const isChain = this.consumers(index, sideOutput).ops.length > 0;
    if (isChain) lines.add(3, `let op = ${index};`);
    lines.add(3, 'try {');
    const block = new Block(scope, lines, 4, 'return');
    this.emit(
      index,
      input.record(values),
      { hint: 'ts', name: ts, read: null, column: null },
      block,
      sideOutput,
    );
    lines.add(3, '} catch (error) {');
    lines.add(4, `throw ${this.module.contract('operatorFailure')}(error, ${isChain ? 'op' : index}, -1);`);
    lines.add(3, '}');
    lines.add(2, '}');
  }
}
