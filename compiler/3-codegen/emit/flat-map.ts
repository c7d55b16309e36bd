import type { OpOf, Statement, Usage } from '../../ir/index.js';
import { fieldUsage } from '../../ir/index.js';
import type { Block } from '../block.js';
import { callCode, pasteStatements, recordArgument } from '../lambda.js';
import { loweredMethod } from '../library-operator.js';
import { materialise, type Sym } from '../record.js';
import { openRich } from '../rich.js';
import { typeOf } from '../types.js';
import type { OperatorSite } from '../task-writer.js';

type FlatMapSite = OperatorSite<OpOf<'flatMap'>>;
type Emit = (value: Sym, block: Block) => void;

/**
 * A function with one `out.collect(…)` is pasted around the rest of the chain; with several, the rest of the chain is a
 * function that is called from each of them. Any other gets a collector that was made
 * once; its body is the rest of the chain, which V8 inlines into the call. What the function returns is iterated as
 * well: both styles are allowed.
 */
export function emitFlatMap(site: FlatMapSite): void {
  const { writer, op, planOp, block, index } = site;
  openRich(site, op.fn, 'flatMap');
  const output = planOp.types.output!;
  const hint = op.name ?? 'flatMap';
  const application = { writer, block, fn: op.fn, method: 'flatMap', hint, args: [site.record] };
  // What the function does after it handed a record on is its own doing again.
  const afterEmit = writer.consumers(index, null).ops.length > 0 ? `op = ${index};` : '';
  const emits =
    loweredMethod(writer, op.fn, 'flatMap')?.statements?.filter(part => part.kind === 'emit') ?? [];
  const isPasted =
    emits.length > 0 &&
    pasteStatements(
      application,
      output,
      planOp.demand,
      emits.length === 1 ? goOn(site) : callOn(site, emits),
      afterEmit,
    );
  if (isPasted) return;
  const after = writer.continuation(index, output);
  const collector = writer.module.names.fresh(`collector${index}`);
  const stamp = writer.module.names.fresh(`ts${index}`);
  writer.create(`let ${stamp} = 0;`);
  writer.create(
    `const ${collector} = { collect(value: ${typeOf(output)}): void { ${after}(value, ${stamp}); } };`,
  );
  block.line(`${stamp} = ${site.writer.timestampOf(site)};`);
  const call = callCode(application, [collector]);
  const results = block.declare('results', call);
  block.line(
    `if (${results} !== undefined) for (const value of ${results} as Iterable<any>) ${after}(value, ${stamp});`,
  );
}

function goOn({ writer, index, timestamp }: FlatMapSite): Emit {
  return (value, inner) => writer.emit(index, value, timestamp, inner);
}

/** Object literals are handed over field by field, as far as anybody reads them. */
function callOn(site: FlatMapSite, emits: readonly Extract<Statement, { kind: 'emit' }>[]): Emit {
  const { writer, planOp, index } = site;
  const output = planOp.types.output!;
  const { demand } = planOp;
  const timestamp = writer.timestampOf(site);
  const isLiteral = emits.every(({ value }) => value.kind === 'struct');
  if (!isLiteral || output.kind !== 'struct' || output.classRef || typeof demand === 'string') {
    const after = writer.continuation(index, output);
    return (value, inner) =>
      inner.line(`${after}(${recordArgument(inner, value, demand, true)}, ${timestamp});`);
  }
  const fields = output.fields.map(({ name }) => name).filter(name => fieldUsage(demand, name) !== 'none');
  const after = writer.continuationOfFields(index, output, fields);
  return (value, inner) => {
    const parts = fields.map(name => partOf(inner, value, name, fieldUsage(demand, name)));
    inner.line(`${after}(${[...parts, timestamp].join(', ')});`);
  };
}

function partOf(block: Block, value: Sym, name: string, usage: Usage): string {
  const part = value.kind === 'struct' ? value.fields.get(name) : undefined;
  return part ? materialise(block, part, usage) : 'undefined';
}
