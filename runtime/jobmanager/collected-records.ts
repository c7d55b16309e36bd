/** What flinkc/collect sinks handed to the client: each record once, also when the job was restarted. */

export class CollectedRecords {
  readonly #records = new Map<string, { readonly afterCheckpoint: number; readonly record: unknown }[]>();

  add(id: string, records: readonly unknown[], afterCheckpoint: number): void {
    let all = this.#records.get(id);
    if (!all) this.#records.set(id, (all = []));
    for (const record of records) all.push({ afterCheckpoint, record });
  }

  /** The job starts again from this checkpoint (0: from the beginning): what came after it comes once more. */
  restartFrom(checkpointId: number): void {
    for (const [id, all] of this.#records)
      this.#records.set(
        id,
        all.filter(({ afterCheckpoint }) => afterCheckpoint < checkpointId),
      );
  }

  get all(): Readonly<Record<string, readonly unknown[]>> {
    return Object.fromEntries([...this.#records].map(([id, all]) => [id, all.map(({ record }) => record)]));
  }
}
