/**
 * Many orders of events, each from a seed. RUNS=1000000 runs so many; SEED=n begins at n (RUNS=1 for that one alone,
 * with a trace of what happened).
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Simulation } from './simulation.js';

const first = Number(process.env['SEED'] ?? 1);
const runs = Number(process.env['RUNS'] ?? 10_000);

test(`${runs} orders of events from seed ${first} on`, () => {
  let steps = 0;
  for (let seed = first; seed < first + runs; seed++) {
    const simulation = new Simulation(seed, runs === 1);
    try {
      steps += simulation.run();
    } catch (error) {
      if (runs === 1) console.log(simulation.world.log.join('\n'));
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      assert.unreachable(
        `seed ${seed}: ${message}\nagain, with a trace: SEED=${seed} RUNS=1 node --import tsx node_modules/uvu/bin.js test/simulation 'simulation\\.test\\.ts$'`,
      );
    }
  }
  console.log(`${runs} runs, ${steps} events`);
  assert.ok(steps > runs * 50);
});

test.run();
