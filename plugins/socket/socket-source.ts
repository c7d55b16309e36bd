import { ship, type ShipReference, type Shippable } from '../api/shipping.js';
import type {
  Source,
  SourceReader,
  SourceReaderContext,
  SplitEnumerator,
  SplitEnumeratorContext,
} from '../api/source.js';
import { SocketReader } from './socket-reader.js';

export interface SocketOptions {
  /** between records; default '\n' (a '\r' before it is taken off) */
  readonly delimiter?: string;
  /** attempts to connect again, once a second; −1: for ever; default 0 */
  readonly maxRetry?: number;
}
export interface SocketSplit {
  readonly splitId: string;
}

/**
 * Records between delimiters from a TCP connection, as text. One subtask reads; the stream ends when the server closes
 * the connection and retries are used up (flink: socketTextStream).
 */
export class SocketTextSource implements Source<string, SocketSplit, readonly SocketSplit[]>, Shippable {
  readonly boundedness = 'CONTINUOUS_UNBOUNDED';
  readonly #hostname: string;
  readonly #port: number;
  readonly #options: SocketOptions;

  constructor(hostname: string, port: number, options: SocketOptions = {}) {
    if (options.delimiter === '') throw new RangeError('a delimiter between records must not be empty');
    this.#hostname = hostname;
    this.#port = port;
    this.#options = options;
  }
  [ship](): ShipReference {
    return {
      module: 'flinkc/socket',
      name: 'SocketTextSource',
      args: [this.#hostname, this.#port, this.#options],
    };
  }
  describe(): string {
    return `socket(${this.#hostname}:${this.#port})`;
  }
  createEnumerator(
    context: SplitEnumeratorContext<SocketSplit>,
  ): SplitEnumerator<SocketSplit, readonly SocketSplit[]> {
    return socketEnumerator(context, [{ splitId: 'socket' }]);
  }
  restoreEnumerator(
    context: SplitEnumeratorContext<SocketSplit>,
    checkpoint: readonly SocketSplit[],
  ): SplitEnumerator<SocketSplit, readonly SocketSplit[]> {
    return socketEnumerator(context, checkpoint);
  }
  createReader(context: SourceReaderContext): SourceReader<string, SocketSplit> {
    return new SocketReader(context, this.#hostname, this.#port, this.#options);
  }
}

/** The connection goes to the first subtask that asks. */
function socketEnumerator(
  context: SplitEnumeratorContext<SocketSplit>,
  splits: readonly SocketSplit[],
): SplitEnumerator<SocketSplit, readonly SocketSplit[]> {
  const unassigned = [...splits];
  return {
    start() {},
    handleSplitRequest(subtask) {
      const split = unassigned.shift();
      if (split) context.assignSplit(split, subtask);
      context.signalNoMoreSplits(subtask);
    },
    addSplitsBack: back => void unassigned.push(...back),
    addReader() {},
    snapshotState: () => [...unassigned],
    close() {},
  };
}
