import { ship, type ShipReference, type Shippable } from '../api/shipping.js';
import type { Committer, Sink, SinkWriter, WriterInitContext } from '../api/sink.js';
import { PostgresWriter, type WriterState } from './postgres-writer.js';
import { PreparedCommitter, type PreparedTransaction } from './prepared-committer.js';

export interface PostgresConnection {
  /** default 'localhost' */
  readonly host?: string;
  /** default '5432' */
  readonly port?: string;
  readonly database: string;
  readonly user: string;
  readonly password?: string;
  /** 'verify': TLS with a certificate that the machine trusts; default 'off' */
  readonly tls?: 'off' | 'verify';
}

export interface PostgresSinkOptions {
  readonly connection: PostgresConnection;
  /** as in SQL, with its schema if it has one: 'public.orders'. Every field of the records is a column of it. */
  readonly table: string;
  /**
   * 'exactly-once' prepares a transaction at every checkpoint and commits it when the checkpoint has completed; the
   * server needs max_prepared_transactions > 0. Default 'at-least-once'.
   */
  readonly deliveryGuarantee?: 'at-least-once' | 'exactly-once';
  /** Columns of a unique index: a row with equal values there is replaced (ON CONFLICT DO UPDATE). */
  readonly upsertKeys?: readonly string[];
  /** rows per statement; default 1000 */
  readonly batchRows?: number;
}

/** Inserts records into a table. */
export class PostgresSink<T extends object> implements Sink<T, WriterState, PreparedTransaction>, Shippable {
  readonly #options: PostgresSinkOptions;
  constructor(options: PostgresSinkOptions) {
    this.#options = options;
  }
  [ship](): ShipReference {
    return { module: 'flinkc/postgres', name: 'PostgresSink', args: [this.#options] };
  }
  describe(): string {
    return `postgres(${this.#options.table})`;
  }
  createWriter(context: WriterInitContext): SinkWriter<T, WriterState, PreparedTransaction> {
    return new PostgresWriter<T>(this.#options, context, []);
  }
  restoreWriter(
    context: WriterInitContext,
    states: readonly WriterState[],
  ): SinkWriter<T, WriterState, PreparedTransaction> {
    return new PostgresWriter<T>(this.#options, context, states);
  }
  createCommitter(): Committer<PreparedTransaction> {
    return new PreparedCommitter(this.#options.connection);
  }
}
