/**
 * Whether accumulators of parts of the records, merged in the order of the parts, give exactly what the records one by one
 * give. Proved on the text of the user's functions: counting, extremes, and choosing one of two records. Sums of fractions
 * are not among them: how they are rounded depends on where the parts end, which depends on the clock.
 */
import type {
  Binding,
  Fragments,
  LoweredFn,
  LoweredProgram,
  Result,
  WindowFunctionSpec,
} from '../ir/index.js';
import type { AccumulatorColumn, AccumulatorColumns } from '../ir/accumulator-columns.js';
import { settles } from '../ir/accumulator-columns.js';
import { loweredOf } from './input-demand.js';

export function combinesExactly(
  fn: WindowFunctionSpec,
  columns: AccumulatorColumns,
  program: LoweredProgram,
): boolean {
  if (columns.some(({ kind }) => kind === 'object')) return false;
  switch (fn.kind) {
    case 'field': {
      const { field } = fn.aggregation;
      const known = columns.some(({ name }) =>
        name === null ? field.length === 0 : field.length === 1 && field[0] === name,
      );
      return known && fn.aggregation.function !== 'sum';
    }
    case 'reduce': {
      const reduce = loweredOf(fn.reduce, 'reduce', program);
      const result = reduce?.inline?.result;
      return (
        settles(reduce, columns) &&
        reduce.inline!.prologue.length === 0 &&
        result?.kind === 'expression' &&
        result.choice !== undefined &&
        comparesOneField(result.choice.condition)
      );
    }
    case 'aggregate': {
      const functions = (['createAccumulator', 'add', 'merge'] as const).map(method => {
        const lowered = loweredOf(fn.aggregate, method, program);
        return settles(lowered, columns) && lowered.inline!.prologue.length === 0 ? lowered : null;
      });
      return columns.every(column => {
        const [initial, add, merge] = functions.map(
          lowered => lowered && textFor(lowered.inline!.result, column, lowered),
        );
        return !!initial && !!add && !!merge && isExact(column, initial, add, merge);
      });
    }
    default:
      return false;
  }
}

/** `b.price > a.price`: an order of the records, so it does not matter which are compared first. */
function comparesOneField(condition: Fragments): boolean {
  const parts = condition.filter(part => part.kind !== 'glue' || part.text.trim() !== '');
  if (parts.length !== 3) return false;
  const [left, order, right] = parts;
  return (
    order!.kind === 'text' &&
    /^\s*[<>]=?\s*$/.test(order!.text) &&
    (left!.kind === 'field' || left!.kind === 'param') &&
    (right!.kind === 'field' || right!.kind === 'param') &&
    left!.param !== right!.param &&
    pathOf(left!) === pathOf(right!)
  );
}

const pathOf = (part: Fragments[number]): string => (part.kind === 'field' ? part.path.join('.') : '');

/** What the column becomes, with parameters as `$0.bids`; null when that is not plain to see. */
function textFor(result: Result, column: AccumulatorColumn, fn: LoweredFn): string | null {
  switch (result.kind) {
    case 'expression':
      return column.name === null && !result.choice && result.pure ? textOf(result.code, fn.bindings) : null;
    case 'path': {
      const path = column.name === null ? result.path : [...result.path, column.name];
      return [`$${result.param}`, ...path].join('.');
    }
    case 'struct': {
      const entry = result.entries.findLast(e => e.kind === 'spread' || e.name === column.name);
      if (entry?.kind === 'field') return textFor(entry.value, { ...column, name: null }, fn);
      if (!entry || entry.omit.includes(column.name!)) return null;
      return [`$${entry.param}`, ...entry.path, column.name!].join('.');
    }
  }
}

function textOf(code: Fragments, bindings: Readonly<Record<string, Binding>>): string | null {
  const parts = code.map(part => {
    switch (part.kind) {
      case 'text':
      case 'glue':
        return part.text;
      case 'field':
        return [`$${part.param}`, ...part.path].join('.');
      case 'param':
        return `$${part.param}`;
      case 'capture':
        return bindings[part.name]?.kind === 'global' && !part.shorthand ? part.name : null;
      default:
        return null;
    }
  });
  return parts.includes(null) ? null : parts.join('').replace(/\s+/g, '');
}

function isExact({ name, kind }: AccumulatorColumn, initial: string, add: string, merge: string): boolean {
  const part = (param: number): string => (name === null ? `$${param}` : `$${param}.${name}`);
  const [accumulator, left, right] = [part(1), part(0), part(1)];
  // Counting: whole numbers that begin with nothing.
  if (add.startsWith(`${accumulator}+`) || add.endsWith(`+${accumulator}`)) {
    const step = add.replace(accumulator, '').replace('+', '');
    const sums = merge === `${left}+${right}` || merge === `${right}+${left}`;
    return kind === 'float64' && /^\d+$/.test(step) && initial === '0' && sums;
  }
  for (const extreme of ['Math.max', 'Math.min'])
    if (add.startsWith(`${extreme}(`)) {
      const args = add.slice(extreme.length + 1, -1);
      const value = args.startsWith(`${accumulator},`)
        ? args.slice(accumulator.length + 1)
        : args.endsWith(`,${accumulator}`)
          ? args.slice(0, -accumulator.length - 1)
          : null;
      const simple = value !== null && /^\$0(\.[\w$]+)*$/.test(value);
      return (
        simple &&
        add.endsWith(')') &&
        (merge === `${extreme}(${left},${right})` || merge === `${extreme}(${right},${left})`)
      );
    }
  return false;
}
