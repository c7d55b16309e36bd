/**
 * Programs whose processes are killed and frozen at random moments write every record exactly once.
 * `SEED=n KILLS=n PROGRAM=name` choose what is tried; `TRIAL=n PROGRAM=name` repeats one trial, which a failure names;
 * `LOGS=1` keeps the logs of all.
 */
import { suite } from 'uvu';
import { postgresMissing, PostgresServer } from '../servers/postgres-server.js';
import { DisturbedJob } from './disturbed-job.js';
import { describeTrial, planTrial, planTrials, type Trial } from './plan.js';
import { programNames, Programs, type ProgramName } from './programs.js';

const { SEED, KILLS = '30', TRIAL, PROGRAM, LOGS } = process.env;
const seed = SEED === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(SEED);
const kills = Number(KILLS);
/** Then it is certain that something is wrong, and what. */
const mostFailures = 5;

const missing = await postgresMissing();
if (missing) console.log(`\nskipped: transactions: ${missing}`);
const chosen = programNames.filter(name =>
  PROGRAM === undefined ? name !== 'transactions' || !missing : name === PROGRAM,
);
const trials: Iterable<Trial> =
  TRIAL === undefined ? planTrials(seed, chosen) : [planTrial(Number(TRIAL), chosen[0] as ProgramName)];

let postgres: PostgresServer | null = null;
let programs: Programs;
const test = suite('kill');

test.before(async () => {
  if (chosen.includes('transactions'))
    postgres = await PostgresServer.start({ max_prepared_transactions: '100' });
  programs = new Programs(postgres);
});

test(`every record once, after ${kills} kills`, async () => {
  console.log(
    `\nseed: ${TRIAL === undefined ? `SEED=${seed} KILLS=${kills}` : `TRIAL=${TRIAL} PROGRAM=${PROGRAM}`}`,
  );
  const failures: string[] = [];
  let given = 0;
  for (const trial of trials) {
    if (given >= kills || failures.length >= mostFailures) break;
    const job = new DisturbedJob(trial, programs);
    try {
      await job.run();
    } catch (error) {
      failures.push(`${(error as Error).message}\n${describeTrial(trial)}\nlogs: ${job.writeLogs()}`);
      console.log(`FAILED ${failures.at(-1)}`);
    }
    if (LOGS !== undefined) console.log(`logs: ${job.writeLogs()}`);
    given += job.kills;
    console.log(`${given}/${kills} kills: ${trial.program}, ${trial.backend}: ${job.summary()}`);
  }
  if (failures.length > 0) throw new Error(failures.join('\n\n'));
});

test.after(async () => {
  await postgres?.stop();
  programs.removeUnlessFailed();
});
test.run();
