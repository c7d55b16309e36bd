import { printable } from './printable.js';

/** Rows in aligned columns; a cell may have several lines. */
export function tableText(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows].map(row => row.map(cell => cell.split('\n').map(line => printable(line))));
  const widths = head.map((_, column) =>
    Math.max(...lines.flatMap(row => row[column]!.map(line => line.length))),
  );
  return lines
    .flatMap(row => {
      const height = Math.max(...row.map(cell => cell.length));
      return Array.from({ length: height }, (_, i) =>
        row
          .map((cell, column) => (cell[i] ?? '').padEnd(widths[column]!))
          .join('  ')
          .trimEnd(),
      );
    })
    .map(line => `${line}\n`)
    .join('');
}
