import type pg from 'pg';
import type { SinkWriter, WriterInitContext } from '../api/sink.js';
import { columnsOf, type Column, type TableColumn } from './columns.js';
import { connect, queryFailure } from './connect.js';
import { insertStatement } from './insert.js';
import type { PostgresSinkOptions } from './postgres-sink.js';
import { rollbackPrepared, type PreparedTransaction } from './prepared-committer.js';
import { parseTransactionId, prefixOf, transactionId } from './transaction-id.js';

/** The job that made it: a job restored from its checkpoint, under another id, cleans up after it. */
export interface WriterState {
  readonly jobId: string;
}

interface Session {
  readonly client: pg.Client;
  readonly columns: readonly Column[];
  readonly statement: string;
}

export class PostgresWriter<T extends object> implements SinkWriter<T, WriterState, PreparedTransaction> {
  readonly #options: PostgresSinkOptions;
  readonly #context: WriterInitContext;
  readonly #exactlyOnce: boolean;
  readonly #batchRows: number;
  readonly #jobs: readonly string[];
  readonly #session: Promise<Session>;
  #rows: T[] = [];
  /** a transaction is open */
  #begun = false;

  constructor(options: PostgresSinkOptions, context: WriterInitContext, states: readonly WriterState[]) {
    this.#options = options;
    this.#context = context;
    this.#exactlyOnce = options.deliveryGuarantee === 'exactly-once';
    this.#batchRows = options.batchRows ?? 1000;
    this.#jobs = [...new Set([context.jobId, ...states.map(({ jobId }) => jobId)])];
    this.#session = this.#open();
    // Reported by whoever waits for it first.
    this.#session.catch(() => {});
  }

  write(element: T): void {
    this.#rows.push(element);
  }

  backPressure(): Promise<void> | null {
    return this.#rows.length >= this.#batchRows ? this.#insert() : null;
  }

  async flush(): Promise<void> {
    await this.#insert();
    if (!this.#exactlyOnce) await this.#endTransaction('COMMIT');
  }

  async prepareCommit(checkpointId: number): Promise<readonly PreparedTransaction[]> {
    if (!this.#begun) return [];
    const { jobId, subtask, attemptNumber } = this.#context;
    const transaction = transactionId(this.#options.table, {
      jobId,
      checkpointId,
      subtask,
      attempt: attemptNumber,
    });
    await this.#endTransaction(`PREPARE TRANSACTION '${transaction}'`);
    return [{ transaction }];
  }

  snapshotState(): readonly WriterState[] {
    return this.#jobs.map(jobId => ({ jobId }));
  }

  async close(aborted: boolean): Promise<void> {
    const session = await this.#session.catch(() => null);
    if (!session) return;
    try {
      if (this.#begun && !aborted) await this.#endTransaction('COMMIT');
    } finally {
      // The server rolls back what is open.
      await session.client.end().catch(() => {});
    }
  }

  async #insert(): Promise<void> {
    const { client, columns, statement } = await this.#session;
    while (this.#rows.length > 0) {
      const rows = this.#latest(this.#rows.splice(0, this.#batchRows));
      const parameters = columns.map(({ value }) =>
        rows.map(row => value(row as Readonly<Record<string, unknown>>)),
      );
      try {
        if (!this.#begun) await client.query('BEGIN');
        this.#begun = true;
        await client.query({ name: 'flinkc-insert', text: statement, values: parameters });
      } catch (error) {
        throw queryFailure(error, `insert into ${this.#options.table}`);
      }
    }
  }

  /** A statement may not replace a row twice: of rows with equal keys the last one counts. */
  #latest(rows: readonly T[]): readonly T[] {
    const { upsertKeys } = this.#options;
    if (!upsertKeys || upsertKeys.length === 0) return rows;
    const byKey = new Map<string, T>();
    for (const row of rows) {
      const key = JSON.stringify(upsertKeys.map(name => String((row as Record<string, unknown>)[name])));
      byKey.delete(key);
      byKey.set(key, row);
    }
    return [...byKey.values()];
  }

  async #endTransaction(statement: string): Promise<void> {
    if (!this.#begun) return;
    const { client } = await this.#session;
    try {
      await client.query(statement);
    } catch (error) {
      throw queryFailure(error, statement.startsWith('PREPARE') ? 'prepare a transaction' : 'commit');
    }
    this.#begun = false;
  }

  async #open(): Promise<Session> {
    const { connection, table, upsertKeys = [] } = this.#options;
    const client = await connect(connection);
    try {
      const found = await tableColumns(client, table);
      const columns = columnsOf(this.#context.schema, table, found);
      if (this.#exactlyOnce) await this.#rollBackForgotten(client);
      return { client, columns, statement: insertStatement(table, columns, upsertKeys) };
    } catch (error) {
      await client.end().catch(() => {});
      throw error instanceof Error && 'fix' in error ? error : queryFailure(error, `open ${table}`);
    }
  }

  /**
   * What was prepared for a checkpoint later than the restored one is in no state any more and would hold its locks for
   * ever. Each subtask looks after those of its own index (and of indices that no longer exist): other subtasks may
   * not have failed with it.
   */
  async #rollBackForgotten(client: pg.Client): Promise<void> {
    const { subtask, parallelism, attemptNumber, jobId, restoredCheckpointId } = this.#context;
    const { table } = this.#options;
    for (const job of this.#jobs) {
      const { rows } = await client.query<{ readonly gid: string }>(
        'SELECT gid FROM pg_prepared_xacts WHERE database = current_database() AND starts_with(gid, $1)',
        [prefixOf(job, table)],
      );
      for (const { gid } of rows) {
        const id = parseTransactionId(gid, job, table);
        if (!id || id.subtask % parallelism !== subtask) continue;
        if (id.checkpointId <= (restoredCheckpointId ?? 0)) continue;
        if (job === jobId && id.attempt >= attemptNumber) continue;
        await rollbackPrepared(client, gid);
      }
    }
  }
}

async function tableColumns(client: pg.Client, table: string): Promise<readonly TableColumn[]> {
  const { rows } = await client.query<TableColumn>(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type
       FROM pg_attribute
      WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped
      ORDER BY attnum`,
    [table],
  );
  return rows;
}
