/** Names a channel among all that lead from one process to another. */
export interface ChannelKey {
  readonly jobId: string;
  /** a channel of an older attempt is another channel */
  readonly attempt: number;
  readonly channel: number;
}

export const textOf = ({ jobId, attempt, channel }: ChannelKey): string => `${jobId}/${attempt}/${channel}`;

/** The other end of a channel: a TaskManager and where it answers. */
export interface NetworkPeer {
  readonly id: string;
  /** host:port of its data plane */
  readonly address: string;
}
