/** A JobManager: stands for election, and while it leads, runs the job. */
import { LeaderElection, type ElectionEvent, type LeaseRecord } from '../../runtime/core/leader-election.js';
import { JobMaster } from './job-master.js';
import type { Simulation } from './simulation.js';
import { Process, Violation } from './world.js';

export class JobManager {
  readonly process: Process;
  readonly election: LeaderElection;
  readonly #sim: Simulation;
  master: JobMaster | null = null;

  constructor(id: string, sim: Simulation) {
    this.process = new Process(id);
    this.#sim = sim;
    this.election = new LeaderElection(id, id, sim.settings.election);
    sim.world.after(sim.world.random.between(0, 5), this.process, () => this.#on({ type: 'start' }));
  }

  #on(event: ElectionEvent): void {
    const { world, storage } = this.#sim;
    for (const action of this.election.on(event, world.now))
      switch (action.type) {
        case 'read':
          storage.read(this.process, 'leader', outcome =>
            this.#on(
              outcome.ok
                ? {
                    type: 'read',
                    record: (outcome.value?.value as LeaseRecord | undefined) ?? null,
                    version: outcome.value?.version ?? null,
                  }
                : { type: 'readFailed' },
            ),
          );
          break;
        case 'compareAndSwap': {
          const { write, expected, record } = action;
          storage.swap(this.process, 'leader', expected, record, outcome =>
            this.#on(
              !outcome.ok
                ? { type: 'swapFailed', write }
                : outcome.value === null
                  ? { type: 'swapRefused', write }
                  : { type: 'swapped', write, version: outcome.value },
            ),
          );
          break;
        }
        case 'granted':
          this.#sim.onGranted(this, action.token);
          this.master = new JobMaster(this.process, action.token, this.#sim);
          this.#sim.leader = this.master;
          break;
        case 'revoked':
          world.note(() => `${this.process.id} leads no more: ${action.reason}`);
          this.master?.revoke();
          this.master = null;
          break;
        case 'leaderIs':
          break;
      }
    this.#sim.wake(this, this.process, 'election', this.election.wakeUpAt, () => this.#on({ type: 'time' }));
  }

  /** By its own clock; a process that is stopped does nothing, whatever it believes. */
  get leads(): boolean {
    const { now } = this.#sim.world;
    return this.process.alive && this.process.stoppedUntil <= now && this.election.leadsAt(now);
  }
}

/** Two leaders at a time would both tell TaskManagers what to do. */
export function checkOneLeader(managers: readonly JobManager[]): void {
  let leaders = 0;
  for (const manager of managers) if (manager.leads) leaders++;
  if (leaders > 1) throw new Violation('two JobManagers lead at a time');
}
