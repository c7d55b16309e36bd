/** A finding about the user's program. User mistakes are collected values; throwing from a pass means compiler bug. */
export interface Place {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
}
export interface Diagnostic {
  readonly code: `FC${number}` | `TS${number}`;
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
  readonly at: Place | null;
  readonly fix: string | null;
  readonly notes: readonly { readonly text: string; readonly at: Place | null }[];
  /** facts of a run, printed as "key: value" lines: operator, record */
  readonly details?: Readonly<Record<string, string>>;
}

/** TypeScript's errors that one of flinkc's own at the same place says with a fix. */
const restated: Readonly<Record<string, Diagnostic['code']>> = { TS2307: 'FC1003' };

export class DiagnosticLog {
  readonly #all: Diagnostic[] = [];
  readonly #seen = new Set<string>();

  /** Same code, place and message is reported once: a helper called twice has one mistake. */
  add(diagnostic: Diagnostic): void {
    const id = `${diagnostic.code} ${diagnostic.at?.file}:${diagnostic.at?.start} ${diagnostic.message}`;
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    this.#all.push(diagnostic);
  }
  /** Ordered by file, position, code, so that output does not depend on phase timing. */
  get all(): readonly Diagnostic[] {
    const place = (d: Diagnostic): string => d.at?.file ?? '';
    const isRestated = (d: Diagnostic): boolean =>
      this.#all.some(
        o => o.code === restated[d.code] && place(o) === place(d) && o.at?.start === d.at?.start,
      );
    return this.#all
      .filter(d => !isRestated(d))
      .sort(
        (a, b) =>
          (place(a) < place(b) ? -1 : place(a) > place(b) ? 1 : 0) ||
          (a.at?.start ?? 0) - (b.at?.start ?? 0) ||
          (a.code < b.code ? -1 : a.code > b.code ? 1 : 0),
      );
  }
  get hasErrors(): boolean {
    return this.#all.some(d => d.severity === 'error');
  }
}
