/**
 * Proof that the simulation finds faults: each rule of runtime/core is broken by one change of its source, and some
 * order of events must show it. The text to be changed has to be there, so that a mutant cannot die out unnoticed.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Simulation } from './simulation.js';

interface Mutant {
  readonly rule: string;
  /** below runtime/core */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** of a fault that is rare */
  readonly firstSeed?: number;
}

const mutants: readonly Mutant[] = [
  {
    rule: 'metadata is written only after every acknowledgement',
    file: 'checkpoints/pending-checkpoint.ts',
    from: 'this.#acknowledged.size === this.plan.awaited',
    to: 'this.#acknowledged.size >= this.plan.awaited - 1',
  },
  {
    rule: 'sinks are told only after the metadata is written',
    file: 'checkpoints/coordinator.ts',
    from: "this.#act({ type: 'finalize', content: next.content });",
    to: "this.#act({ type: 'finalize', content: next.content }); this.#act({ type: 'notifyComplete', attempt: next.attempt, checkpointId: next.id, timestamp: 0 });",
  },
  {
    rule: 'what an older attempt says is not heard',
    file: 'checkpoints/coordinator.ts',
    from: 'this.#attempt?.attemptOf(from) === from.attempt',
    to: 'this.#attempt !== null',
  },
  {
    rule: 'a repeated acknowledgement deletes nothing',
    file: 'checkpoints/coordinator.ts',
    from: 'if (this.#aborted.has(checkpointId))\n        this.#act({\n          type',
    to: 'if (checkpointId > 0)\n        this.#act({\n          type',
  },
  {
    rule: 'files of a checkpoint that may be recorded stay',
    file: 'checkpoints/coordinator.ts',
    from: "if (!possiblyStored && this.#ended !== 'SUSPENDED')",
    to: "if (this.#ended !== 'SUSPENDED')",
  },
  {
    rule: 'what is being finalized is not taken back',
    file: 'checkpoints/coordinator.ts',
    from: "if (phase !== 'finalizing') this.#abort(id, reason",
    to: 'this.#abort(id, reason',
  },
  {
    rule: 'checkpoints are finalized in order',
    file: 'checkpoints/coordinator.ts',
    from: 'if (this.finalizing) return;',
    to: '',
  },
  {
    rule: 'a checkpoint without an answer times out',
    file: 'checkpoints/coordinator.ts',
    from: 'if (deadline <= now && phase',
    to: 'if (deadline <= 0 && phase',
  },
  {
    rule: 'ids are never used again',
    file: 'checkpoints/coordinator.ts',
    from: 'id: this.#nextId++',
    to: 'id: this.#nextId',
  },
  {
    rule: 'so many checkpoints are kept as are to be',
    file: 'checkpoints/completed-checkpoints.ts',
    from: 'this.#kept.length - this.#numRetained)',
    to: 'this.#kept.length - this.#numRetained + 1)',
  },
  {
    rule: 'shared files stay while they are used',
    file: 'checkpoints/shared-files.ts',
    from: 'id < lowestUsed',
    to: 'id <= lowestUsed',
  },
  {
    rule: 'shared files stay while a checkpoint under way may take them',
    file: 'checkpoints/completed-checkpoints.ts',
    from: 'Math.min(stillUsed, this.#kept[0]!.checkpointId)',
    to: 'this.#kept[0]!.checkpointId',
  },
  {
    rule: 'a leader that is one no more deletes nothing',
    file: 'checkpoints/completed-checkpoints.ts',
    from: "DELETE_ON_CANCELLATION: ['FAILED', 'SUSPENDED']",
    to: "DELETE_ON_CANCELLATION: ['FAILED']",
  },
  {
    rule: 'a savepoint that stops the job is gone on from',
    file: 'checkpoints/pending-checkpoint.ts',
    from: "return this.type.kind === 'checkpoint' || this.type.stop !== null;",
    to: "return this.type.kind === 'checkpoint';",
  },
  {
    rule: 'a job that fails while it stops starts again as a whole',
    file: 'checkpoints/stop-with-savepoint.ts',
    from: "regions that run finish for it.\n        return ['refuse', 'restart'];",
    to: "\n        return ['refuse'];",
    firstSeed: 1_015_730,
  },
  {
    rule: 'barriers are injected where all input has ended',
    file: 'checkpoints/checkpoint-plan.ts',
    from: 'inputs.every(input => hasEnded(input, subtask))',
    to: 'inputs.length === 0',
  },
  {
    rule: 'finished subtasks are not waited for',
    file: 'checkpoints/checkpoint-plan.ts',
    from: 'if (finished.has({ task, subtask })) continue;',
    to: '',
  },
  {
    rule: 'all that records flow between restarts together',
    file: 'failover.ts',
    from: 'groups.join(to.firstSlot + subtask, from.firstSlot + first);',
    to: 'continue;',
  },
  {
    rule: 'a leader that cannot renew steps down',
    file: 'leader-election.ts',
    from: 'now - this.#renewedAt >= this.#settings.renewDeadlineMs)\n      this.#lose',
    to: 'now < 0)\n      this.#lose',
  },
  {
    rule: 'a lease is taken over only when it has run out',
    file: 'leader-election.ts',
    from: 'now - this.#unchangedSince >= this.#settings.leaseMs',
    to: 'now - this.#unchangedSince >= 0',
  },
  {
    rule: 'every leader has a token of its own',
    file: 'leader-election.ts',
    from: '(this.#seen!.record?.token ?? 0) + 1',
    to: 'this.#seen!.record?.token ?? 1',
  },
  {
    rule: 'an answer is that to the write it belongs to',
    file: 'leader-election.ts',
    from: 'this.#writing?.write === event.write',
    to: 'this.#writing',
  },
  {
    rule: 'a lost TaskManager is noticed',
    file: 'resources/resource-manager.ts',
    from: 'now - taskManager.lastSign >= heartbeatTimeoutMs',
    to: 'now < 0',
  },
  {
    rule: 'the token of a newer leader refuses older ones',
    file: 'leader-election.ts',
    from: 'return token >= newestSeen;',
    to: 'return true;',
  },
];

const mostRuns = 20_000;

/** MUTANT=words: only those whose rule has them; VERBOSE=1 says which seed found them. */
const wanted = mutants.filter(({ rule }) => rule.includes(process.env['MUTANT'] ?? ''));

for (const mutant of wanted)
  test(`broken and found: ${mutant.rule}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'flinkc-mutant-'));
    try {
      const Mutated = await simulationWith(mutant, folder);
      assert.ok(findFault(Mutated, mutant.firstSeed ?? 1), `no fault in ${mostRuns} runs`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

function findFault(Mutated: typeof Simulation, firstSeed: number): boolean {
  for (let seed = firstSeed; seed < firstSeed + mostRuns; seed++)
    try {
      new Mutated(seed).run();
    } catch (error) {
      if (process.env['VERBOSE']) console.log(`seed ${seed}: ${String(error)}`);
      return true;
    }
  return false;
}

async function simulationWith({ file, from, to }: Mutant, folder: string): Promise<typeof Simulation> {
  const mutated = resolve('runtime/core', file);
  const source = readFileSync(mutated, 'utf8');
  assert.is(source.split(from).length, 2, `'${from}' has to be in ${file} once`);
  const { outputFiles } = await build({
    entryPoints: ['test/simulation/simulation.ts'],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    plugins: [
      {
        name: 'mutant',
        setup: plugin =>
          plugin.onLoad({ filter: /runtime\/core\/.*\.ts$/ }, ({ path }) =>
            path === mutated ? { contents: source.replace(from, () => to), loader: 'ts' } : null,
          ),
      },
    ],
  });
  const bundle = join(folder, 'simulation.mjs');
  writeFileSync(bundle, outputFiles[0]!.contents);
  const loaded = (await import(pathToFileURL(bundle).href)) as { readonly Simulation: typeof Simulation };
  return loaded.Simulation;
}

test.run();
