// Sessions of Wikipedia's editors, merged as edits come.
import {
  createEnvironment,
  EventTimeSessionWindows,
  minutes,
  ProcessWindowFunction,
  type Collector,
  type ProcessWindowContext,
  type Timestamp,
  type TimeWindow,
} from 'flinkc';
import { readEdits, type Edit } from '../../../fixtures/programs/wikipedia/edits.js';
import { linesIn } from './output.js';
import { Pace } from './pace.js';

interface Session {
  readonly user: string;
  readonly start: Timestamp;
  readonly end: Timestamp;
  readonly edits: number;
  readonly delta: number;
}

class SummarizeSession extends ProcessWindowFunction<Edit, Session, string, TimeWindow> {
  process(
    user: string,
    { window: { start, end } }: ProcessWindowContext<TimeWindow>,
    edits: Iterable<Edit>,
    out: Collector<Session>,
  ): void {
    let count = 0;
    let delta = 0;
    for (const edit of edits) {
      count++;
      delta += edit.delta;
    }
    out.collect({ user, start, end, edits: count, delta });
  }
}

const env = createEnvironment();
const edits = readEdits(env).filter(new Pace<Edit>(env.param('pace', 0)));

edits
  .keyBy('user')
  .window(EventTimeSessionWindows.withGap(minutes(15)))
  .process(new SummarizeSession())
  .sinkTo(linesIn<Session>(env, 'users'));

edits
  .keyBy('channel')
  .window(EventTimeSessionWindows.withGap(minutes(2)))
  .aggregate(
    {
      createAccumulator: () => 0,
      add: (edit, delta: number) => delta + edit.delta,
      getResult: delta => delta,
      merge: (a, b) => a + b,
    },
    (channel, { window }, [delta], out: Collector<Session>) =>
      out.collect({ user: channel, start: window.start, end: window.end, edits: 0, delta: delta! }),
  )
  .sinkTo(linesIn<Session>(env, 'channels', true));

await env.execute('sessions');
