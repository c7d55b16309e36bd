/** Every operator must survive a snapshot and restore between any two events. */
import * as assert from 'uvu/assert';
import { Collected, ManualClock, TestOperatorContext } from './harness.js';

export interface RestorableOperator {
  open(): void;
  prepareSnapshot(checkpointId: number): void;
}
export interface RestorableCase<O extends RestorableOperator> {
  create(context: TestOperatorContext, out: Collected): O;
  /** events in order: records, watermarks, time */
  readonly steps: readonly ((operator: O, context: TestOperatorContext) => void)[];
}

/** Runs all events undisturbed, then once for every place to take a snapshot and go on with a new operator. */
export function assertRestorable<O extends RestorableOperator>(testCase: RestorableCase<O>): void {
  const expected = run(testCase, -1);
  assert.ok(expected.length > 0, 'a case without output proves nothing');
  for (let at = 0; at <= testCase.steps.length; at++) {
    assert.equal(run(testCase, at), expected, `snapshot after ${at} events`);
  }
}

function run<O extends RestorableOperator>(testCase: RestorableCase<O>, snapshotAt: number): string[] {
  const out = new Collected();
  let context = new TestOperatorContext();
  let operator = testCase.create(context, out);
  operator.open();
  for (let i = 0; i <= testCase.steps.length; i++) {
    if (i === snapshotAt) {
      operator.prepareSnapshot(1);
      const clock = new ManualClock(context.processingTime.now());
      context = new TestOperatorContext({ restore: [context.snapshot()], clock });
      operator = testCase.create(context, out);
      operator.open();
    }
    testCase.steps[i]?.(operator, context);
    context.runMailbox();
  }
  return out.lines;
}
