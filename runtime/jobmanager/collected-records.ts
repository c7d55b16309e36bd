/** What flinkc/collect sinks handed to the client: each record once, also when the job, or a region of it, was restarted. */

interface Collected {
  readonly slot: number;
  readonly afterCheckpoint: number;
  readonly record: unknown;
}

export class CollectedRecords {
  readonly #records = new Map<string, Collected[]>();

  add(id: string, records: readonly unknown[], afterCheckpoint: number, slot: number): void {
    let all = this.#records.get(id);
    if (!all) this.#records.set(id, (all = []));
    for (const record of records) all.push({ slot, afterCheckpoint, record });
  }

  /** These slots start again from this checkpoint (0: from the beginning): what they gave after it comes once more. */
  restartFrom(checkpointId: number, slots: readonly number[]): void {
    const restarted = new Set(slots);
    for (const [id, all] of this.#records)
      this.#records.set(
        id,
        all.filter(({ slot, afterCheckpoint }) => !restarted.has(slot) || afterCheckpoint < checkpointId),
      );
  }

  get all(): Readonly<Record<string, readonly unknown[]>> {
    return Object.fromEntries([...this.#records].map(([id, all]) => [id, all.map(({ record }) => record)]));
  }
}
