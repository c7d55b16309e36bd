/** When an operator is materialised: periodically, and not all operators at the same time. */
export class MaterializationSchedule {
  readonly #intervalMs: number | null;
  #dueAt: number;

  /** `intervalMs`: null: never. `name` decides on when the first one is. */
  constructor(intervalMs: number | null, name: string) {
    this.#intervalMs = intervalMs;
    this.#dueAt = performance.now() + (intervalMs ?? 0) * fractionOf(name);
  }
  isDue(): boolean {
    return this.#intervalMs !== null && performance.now() >= this.#dueAt;
  }
  done(): void {
    this.#dueAt = performance.now() + (this.#intervalMs ?? 0);
  }
}

/** From 0 to 1, spread evenly. */
function fractionOf(name: string): number {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 31) + name.charCodeAt(i)) | 0;
  return (Math.imul(hash, 0x9e3779b1) >>> 0) / 2 ** 32;
}
