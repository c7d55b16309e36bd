import type pg from 'pg';
import type { CommitRequest, Committer } from '../api/sink.js';
import { connect, queryFailure, sqlState } from './connect.js';
import type { PostgresConnection } from './postgres-sink.js';

export interface PreparedTransaction {
  readonly transaction: string;
}

/** SQLSTATE of COMMIT PREPARED and ROLLBACK PREPARED when there is no such transaction */
const undefinedObject = '42704';

/** The server forgets a prepared transaction once it is committed: one that is not there was committed before. */
export class PreparedCommitter implements Committer<PreparedTransaction> {
  readonly #connection: PostgresConnection;
  #client: pg.Client | null = null;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  async commit(requests: readonly CommitRequest<PreparedTransaction>[]): Promise<void> {
    for (const request of requests) {
      try {
        this.#client ??= await connect(this.#connection);
        await this.#client.query(`COMMIT PREPARED '${request.committable.transaction}'`);
      } catch (error) {
        if (sqlState(error) === undefinedObject) request.signalAlreadyCommitted();
        else if (sqlState(error) === null) await this.#again(request, error);
        else request.signalFailedWithUnknownReason(queryFailure(error, 'commit a prepared transaction'));
      }
    }
  }

  async close(): Promise<void> {
    await this.#client?.end().catch(() => {});
    this.#client = null;
  }

  /** Without an answer of the server nobody knows whether it committed; asking again tells. */
  async #again(request: CommitRequest<PreparedTransaction>, error: unknown): Promise<void> {
    await this.close();
    if (request.numberOfRetries >= 3)
      request.signalFailedWithUnknownReason(queryFailure(error, 'commit a prepared transaction'));
    else {
      await new Promise(resolve => setTimeout(resolve, 200 * 2 ** request.numberOfRetries));
      request.retryLater();
    }
  }
}

/** Rolls back a prepared transaction; one that is not there was rolled back before. */
export async function rollbackPrepared(client: pg.Client, transaction: string): Promise<void> {
  try {
    await client.query(`ROLLBACK PREPARED '${transaction}'`);
  } catch (error) {
    if (sqlState(error) !== undefinedObject) throw error;
  }
}
