/**
 * Programs whose processes are killed and frozen at random moments write every record exactly once.
 * SEED=n KILLS=n PROGRAM=name; a failure prints the SEED and PROGRAM that repeat one trial with TRIAL=1.
 */
import { suite } from 'uvu';
import { postgresMissing, PostgresServer } from '../servers/postgres-server.js';
import { DisturbedJob } from './disturbed-job.js';
import { describeTrial, planTrial, planTrials } from './plan.js';
import { programNames, Programs, type ProgramName } from './programs.js';

const number = (name: string): number | undefined =>
  process.env[name] === undefined ? undefined : Number(process.env[name]);
const seed = number('SEED') ?? Math.floor(Math.random() * 2 ** 31);
const only = process.env['PROGRAM'] as ProgramName | undefined;

const missing = await postgresMissing();
if (missing) console.log(`skipped: transactions: ${missing}`);
const chosen = programNames.filter(
  name => (name !== 'transactions' || !missing) && (only === undefined || name === only),
);
const postgres =
  missing || !chosen.includes('transactions')
    ? null
    : await PostgresServer.start({ max_prepared_transactions: '100' });
const programs = new Programs(postgres);
const trials =
  process.env['TRIAL'] === undefined
    ? planTrials(seed, number('KILLS') ?? 30, chosen)
    : [planTrial(seed, chosen[0]!)];

const test = suite('kill');
let failed = false;
for (const trial of trials)
  test(describeTrial(trial), async () => {
    const job = new DisturbedJob(trial, programs);
    try {
      const { kills, freezes, checkpoints, attempts, seconds, difference } = await job.run();
      const { expected, missing: lost, extra } = difference;
      if (lost.length + extra.length > 0)
        throw new Error(
          `${lost.length} of ${expected} records are missing and ${extra.length} are too many\n` +
            `missing: ${lost.slice(0, 5).join(' | ')}\ntoo many: ${extra.slice(0, 5).join(' | ')}\n` +
            `${describeTrial(trial)}\nlogs: ${job.writeLogs()}`,
        );
      console.log(
        `exactly once: ${trial.program}, ${trial.backend}: ${kills} kills, ${freezes} freezes, ${attempts} attempts, ${checkpoints} checkpoints, ${expected} records, ${seconds.toFixed(1)} s`,
      );
    } catch (error) {
      failed = true;
      throw error;
    }
  });
test.after(async () => {
  await postgres?.stop();
  if (!failed) programs.project.remove();
});
console.log(`SEED=${seed} KILLS=${number('KILLS') ?? 30}`);
test.run();
