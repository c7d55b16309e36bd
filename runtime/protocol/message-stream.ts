/** A two-way stream of encoded messages between two processes, the same to both ends. gRPC stays behind it. */

export interface MessageStream {
  /** Address of the other end, for messages to people. */
  readonly peer: string;
  /** False: what follows should wait for onDrain. It is taken all the same. */
  write(message: Uint8Array): boolean;
  /** Nothing follows; what was written still arrives. */
  end(): void;
  /** Ends it at once for both. A server's reason reaches the client. */
  refuse(code: RefusalCode, reason: string): void;
}

export interface StreamEvents {
  onMessage(message: Buffer): void;
  onDrain(): void;
  /** Once, last. Null: the other end has ended it as it should. */
  onClosed(failure: StreamFailure | null): void;
}

/** Names of gRPC's status codes. */
export type RefusalCode =
  | 'UNAUTHENTICATED'
  | 'PERMISSION_DENIED'
  | 'FAILED_PRECONDITION'
  | 'INVALID_ARGUMENT'
  | 'NOT_FOUND'
  | 'CANCELLED'
  | 'INTERNAL';

export interface StreamFailure {
  /** gRPC's name of the status */
  readonly code: string;
  readonly reason: string;
}
