/** The job's record in the storage: changed by one leader at a time, refused to older ones. */
import { admitsToken } from '../../runtime/core/leader-election.js';
import type { JobRecord } from './model.js';
import type { Simulation } from './simulation.js';
import type { Process } from './world.js';

/** `unknown`: there was no answer, and the record may still turn out to be changed. */
type Outcome = 'written' | 'unknown';
interface Update {
  readonly change: (record: JobRecord) => JobRecord;
  readonly done: (outcome: Outcome) => void;
}

const empty: JobRecord = { token: 0, write: '', nextCheckpointId: 1, completed: [], result: null };

export class JobStore {
  readonly #process: Process;
  readonly #token: number;
  readonly #sim: Simulation;
  readonly #onFenced: () => void;
  readonly #waiting: Update[] = [];
  #known: { readonly version: string | null; readonly record: JobRecord } | null = null;
  #busy = false;
  #fenced = false;
  #writes = 0;

  constructor(process: Process, token: number, sim: Simulation, onFenced: () => void) {
    this.#process = process;
    this.#token = token;
    this.#sim = sim;
    this.#onFenced = onFenced;
  }

  /** From now on older leaders are refused. */
  adopt(done: (record: JobRecord) => void): void {
    this.update(
      record => ({ ...record, token: this.#token }),
      outcome => {
        if (outcome === 'written') done(this.#known!.record);
        else this.adopt(done);
      },
    );
  }

  update(change: Update['change'], done: Update['done']): void {
    this.#waiting.push({ change, done });
    this.#next();
  }

  #next(): void {
    if (this.#busy || this.#fenced || this.#waiting.length === 0) return;
    this.#busy = true;
    if (this.#known) this.#write(this.#waiting.shift()!);
    else this.#read(() => this.#write(this.#waiting.shift()!));
  }

  #read(then: () => void): void {
    this.#sim.storage.read(this.#process, 'job', outcome => {
      if (!outcome.ok) {
        this.#read(then);
        return;
      }
      const record = (outcome.value?.value as JobRecord | undefined) ?? empty;
      if (!admitsToken(record.token, this.#token)) {
        this.#fenced = true;
        this.#onFenced();
        return;
      }
      this.#known = { version: outcome.value?.version ?? null, record };
      then();
    });
  }

  #write(update: Update): void {
    const { version, record } = this.#known!;
    const write = `${this.#token}.${++this.#writes}`;
    const value: JobRecord = { ...update.change(record), write };
    this.#sim.storage.swap(this.#process, 'job', version, value, outcome => {
      if (outcome.ok && outcome.value !== null) {
        this.#known = { version: outcome.value, record: value };
        this.#end(update, 'written');
      } else if (outcome.ok) {
        // An earlier write without an answer came through, or somebody else leads.
        this.#read(() => this.#write(update));
      } else this.#read(() => this.#end(update, this.#known!.record.write === write ? 'written' : 'unknown'));
    });
  }

  #end({ done }: Update, outcome: Outcome): void {
    this.#busy = false;
    done(outcome);
    this.#next();
  }
}
