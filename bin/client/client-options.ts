/** Options of commands that talk to a cluster: what `flinkc run` must know before it knows that it will. */
export const clientOptions = {
  jobmanager: {
    type: 'string',
    short: 'm',
    value: 'host:port',
    help: 'REST endpoint of the JobManager; default: rest.address and rest.port, or the leader',
  },
  define: {
    type: 'string',
    short: 'D',
    multiple: true,
    value: 'option=value',
    help: 'configuration option, by its Flink name',
  },
} as const;

export interface ClientFlags {
  readonly jobmanager: string | undefined;
  readonly define: readonly string[];
}

export const remoteOptions = {
  target: { type: 'string', short: 't', value: 'local|remote', help: 'where it runs; default: local' },
  jobmanager: clientOptions.jobmanager,
  detached: { type: 'boolean', short: 'd', help: 'on a cluster: do not wait for the end of the job' },
  shutdownOnAttachedExit: {
    type: 'boolean',
    help: 'on a cluster: cancel the job when this command is interrupted',
  },
} as const;
