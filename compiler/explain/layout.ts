/** Places task boxes in columns from sources to sinks, and the exchanges as curves between them. */
import { caption, type ExplainedTask, type Explanation } from './model.js';

export interface Box {
  readonly task: ExplainedTask;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
export interface Curve {
  readonly index: number;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}
export interface Layout {
  readonly boxes: readonly Box[];
  readonly curves: readonly Curve[];
  readonly width: number;
  readonly height: number;
}

export const metrics = {
  margin: 32,
  columnGap: 230,
  rowGap: 36,
  header: 34,
  line: 40,
  padding: 10,
  minWidth: 220,
  character: 7.2,
} as const;

export function layOut(explanation: Explanation): Layout {
  const columns = order(explanation, ranks(explanation));
  const sizes = new Map(explanation.tasks.map(task => [task.id, size(task)]));
  const heights = columns.map(column =>
    column.reduce((sum, task) => sum + sizes.get(task.id)!.height + metrics.rowGap, -metrics.rowGap),
  );
  const tallest = Math.max(...heights, 0);
  const boxes = new Map<number, Box>();
  let x: number = metrics.margin;
  columns.forEach((column, i) => {
    let y = metrics.margin + (tallest - heights[i]!) / 2;
    const widest = Math.max(...column.map(task => sizes.get(task.id)!.width));
    for (const task of column) {
      const { height } = sizes.get(task.id)!;
      boxes.set(task.id, { task, x, y, width: widest, height });
      y += height + metrics.rowGap;
    }
    x += widest + metrics.columnGap;
  });
  return {
    boxes: [...boxes.values()],
    curves: curves(explanation, boxes),
    width: x - metrics.columnGap + metrics.margin,
    height: tallest + 2 * metrics.margin,
  };
}

function size(task: ExplainedTask): { width: number; height: number } {
  const longest = Math.max(
    ...task.operators.map(o =>
      Math.max(o.name.length + 3, caption(o).length + (o.states.length > 0 ? 9 : 2)),
    ),
    16,
  );
  return {
    width: Math.max(metrics.minWidth, Math.min(longest, 46) * metrics.character + 2 * metrics.padding),
    height: metrics.header + task.operators.length * metrics.line + metrics.padding,
  };
}

/** Column of a task: one behind the last of its producers. */
function ranks({ tasks, exchanges }: Explanation): Map<number, number> {
  const rank = new Map<number, number>();
  const of = (id: number): number => {
    const known = rank.get(id);
    if (known !== undefined) return known;
    const producers = exchanges.filter(exchange => exchange.to === id).map(exchange => of(exchange.from));
    const value = producers.length === 0 ? 0 : Math.max(...producers) + 1;
    rank.set(id, value);
    return value;
  };
  for (const task of tasks) of(task.id);
  return rank;
}

/** Within a column tasks stand near the mean place of their producers, so that few curves cross. */
function order({ tasks, exchanges }: Explanation, rank: ReadonlyMap<number, number>): ExplainedTask[][] {
  const columns: ExplainedTask[][] = [];
  for (const task of tasks) (columns[rank.get(task.id)!] ??= []).push(task);
  const place = new Map<number, number>();
  for (const column of columns) {
    const wish = new Map(
      column.map(task => {
        const from = exchanges
          .filter(exchange => exchange.to === task.id)
          .map(exchange => place.get(exchange.from) ?? 0);
        return [task.id, from.length === 0 ? task.id : from.reduce((a, b) => a + b, 0) / from.length];
      }),
    );
    column.sort((a, b) => wish.get(a.id)! - wish.get(b.id)! || a.id - b.id);
    column.forEach((task, i) => place.set(task.id, i));
  }
  return columns;
}

/** Curves leave and enter a box spread over its height, in the order of what is at their other end. */
function curves({ exchanges }: Explanation, boxes: ReadonlyMap<number, Box>): Curve[] {
  const middle = (id: number): number => boxes.get(id)!.y + boxes.get(id)!.height / 2;
  const port = (box: Box, all: readonly number[], index: number): number =>
    box.y + (box.height * (all.indexOf(index) + 1)) / (all.length + 1);
  const indices = exchanges.map((_, i) => i);
  return exchanges.map((exchange, index) => {
    const from = boxes.get(exchange.from)!;
    const to = boxes.get(exchange.to)!;
    const leaving = indices
      .filter(i => exchanges[i]!.from === exchange.from)
      .sort((a, b) => middle(exchanges[a]!.to) - middle(exchanges[b]!.to) || a - b);
    const entering = indices
      .filter(i => exchanges[i]!.to === exchange.to)
      .sort((a, b) => middle(exchanges[a]!.from) - middle(exchanges[b]!.from) || a - b);
    return {
      index,
      x1: from.x + from.width,
      y1: port(from, leaving, index),
      x2: to.x,
      y2: port(to, entering, index),
    };
  });
}
