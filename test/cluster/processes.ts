/** A cluster of real processes, started as users start it. */
import { Project, type Invocation, type RunningCli } from '../cli/project.js';
import { freePort } from '../servers/free-port.js';

/** The registration is tried often; whoever does not get the processor for a while is not lost. */
const quick = {
  'heartbeat.interval': '200 ms',
  'heartbeat.timeout': '60 s',
  'cluster.registration.max-timeout': '300 ms',
};
export type Settings = Readonly<Record<string, string>>;
/** For tests in which somebody freezes; who only stands still for some seconds is not missed. */
export const missedSoon: Settings = { 'heartbeat.timeout': '8 s' };
/** Likewise: a leader that is killed is followed by the next one when its lease has ended. */
export const shortLease: Settings = {
  'high-availability.filesystem.leader-election.lease-duration': '10 s',
  'high-availability.filesystem.leader-election.renew-deadline': '8 s',
  'high-availability.filesystem.leader-election.retry-period': '200 ms',
};

const defines = (settings: Settings): readonly string[] =>
  Object.entries(settings).flatMap(([key, value]) => ['-D', `${key}=${value}`]);

export class Cluster {
  readonly project: Project;
  readonly #settings: Settings;
  readonly #processes: RunningCli[] = [];
  #port = 0;
  #restPort = 0;

  constructor(project: Project, settings: Settings = {}) {
    this.project = project;
    this.#settings = { ...quick, ...settings };
  }

  /** of the JobManager that was started last */
  get restPort(): number {
    return this.#restPort;
  }
  get port(): number {
    return this.#port;
  }

  /** Listens where the last one did. */
  async jobManager(
    args: readonly string[] = [],
    settings: Settings = {},
    env: Readonly<Record<string, string>> = {},
  ): Promise<RunningCli> {
    // Whoever looks for it while it is down must not be given its port.
    this.#port ||= await freePort();
    const started = this.#start(
      [
        'jobmanager',
        ...args,
        ...defines({
          ...this.#settings,
          'jobmanager.rpc.port': String(this.#port),
          'rest.port': '0',
          ...settings,
        }),
      ],
      { env },
    );
    await started.sees('stderr', /JobManager listens/);
    this.#port = Number(/"port":(\d+)/.exec(started.output('stderr'))![1]);
    this.#restPort = Number(/"restPort":(\d+)/.exec(started.output('stderr'))![1]);
    return started;
  }

  taskManager(name: string, settings: Settings = {}, invocation: Invocation = {}): RunningCli {
    return this.#start(
      [
        'taskmanager',
        ...defines({
          'jobmanager.rpc.address': '127.0.0.1',
          ...this.#settings,
          'jobmanager.rpc.port': String(this.#port),
          'taskmanager.resource-id': name,
          'taskmanager.numberOfTaskSlots': '2',
          ...settings,
        }),
      ],
      invocation,
    );
  }

  async stop(): Promise<void> {
    for (const { process } of this.#processes) process.kill('SIGKILL');
    await Promise.all(this.#processes.map(({ finished }) => finished));
  }

  #start(args: readonly string[], invocation: Invocation = {}): RunningCli {
    const started = this.project.start(args, invocation);
    this.#processes.push(started);
    return started;
  }
}
