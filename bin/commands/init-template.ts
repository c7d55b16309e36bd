/** Files of a new project. The program is small, but has what real ones have: event time, keyed state, timers, a test. */

export interface TemplateFile {
  readonly path: string;
  readonly text: string;
}

export function projectFiles(name: string, flinkcVersion: string): readonly TemplateFile[] {
  return [
    { path: 'package.json', text: packageJson(name, flinkcVersion) },
    { path: 'tsconfig.json', text: tsconfig },
    { path: '.gitignore', text: 'node_modules/\njob/\njob.zip\n' },
    { path: 'data/clicks.csv', text: clicks },
    { path: 'visit.ts', text: visit },
    { path: 'program.ts', text: program },
    { path: 'visit.test.ts', text: test },
  ];
}

const packageJson = (name: string, version: string): string =>
  `${JSON.stringify(
    {
      name,
      private: true,
      type: 'module',
      scripts: {
        dev: 'flinkc dev program.ts',
        start: 'flinkc run program.ts',
        build: 'flinkc build program.ts -o job',
        test: 'node --import tsx --test visit.test.ts',
      },
      dependencies: { flinkc: `^${version}` },
      devDependencies: { tsx: '^4.20.0', '@types/node': '^20.19.0' },
    },
    null,
    2,
  )}\n`;

const tsconfig = `{
  "compilerOptions": {
    "target": "es2023",
    "module": "nodenext",
    "strict": true,
    "noEmit": true,
    "skipLibCheck": true,
    "types": ["node"]
  },
  "include": ["*.ts"]
}
`;

const clicks = `user,page,time
ann,/,2026-01-01T10:00:00Z
bob,/,2026-01-01T10:00:04Z
ann,/prices,2026-01-01T10:00:20Z
ann,/signup,2026-01-01T10:01:10Z
cid,/blog,2026-01-01T10:02:00Z
bob,/prices,2026-01-01T10:02:30Z
cid,/blog/2,2026-01-01T10:02:41Z
bob,/,2026-01-01T10:14:00Z
`;

const visit = `import { KeyedProcessFunction, minutes, ValueStateDescriptor } from 'flinkc';
import type { Collector, KeyedProcessContext, OnTimerContext, Timestamp } from 'flinkc';

export interface Click {
  user: string;
  page: string;
  time: Timestamp;
}
export interface Visit {
  user: string;
  pages: number;
  start: Timestamp;
  end: Timestamp;
}

/** A visit ends when its user has not clicked for five minutes of event time. */
export class Visits extends KeyedProcessFunction<string, Click, Visit> {
  readonly visit = new ValueStateDescriptor<Visit>('visit');

  processElement(click: Click, ctx: KeyedProcessContext<string>, out: Collector<Visit>): void {
    const state = this.getRuntimeContext().getState(this.visit);
    let visit = state.value();
    // clicks can overtake the watermark, so the timer of the last visit may still be waiting
    if (visit !== null && click.time > visit.end + minutes(5)) {
      out.collect(visit);
      visit = null;
    }
    visit ??= { user: click.user, pages: 0, start: click.time, end: click.time };
    state.update({ ...visit, pages: visit.pages + 1, end: click.time });
    ctx.timerService.registerEventTimeTimer(click.time + minutes(5));
  }

  override onTimer(timestamp: number, ctx: OnTimerContext<string>, out: Collector<Visit>): void {
    const state = this.getRuntimeContext().getState(this.visit);
    const visit = state.value();
    // a later click has set a later timer
    if (visit === null || visit.end + minutes(5) !== timestamp) return;
    out.collect(visit);
    state.clear();
  }
}
`;

const program = `import { createEnvironment, seconds, WatermarkStrategy } from 'flinkc';
import { CsvFormat } from 'flinkc/csv';
import { FileSource } from 'flinkc/file';
import { TableSink } from 'flinkc/print';
import { Visits, type Click, type Visit } from './visit.js';

const env = createEnvironment();

const clicks = env.fromSource(
  new FileSource<Click>({
    path: env.param('input', 'data/clicks.csv'),
    format: new CsvFormat({ columns: ['user', 'page', 'time'], header: true }),
  }),
  // clicks may be up to ten seconds late
  WatermarkStrategy.forBoundedOutOfOrderness<Click>(seconds(10)).withTimestampAssigner(click => click.time),
  'clicks',
);

clicks
  .keyBy(click => click.user)
  .process(new Visits())
  .sinkTo(new TableSink<Visit>({ title: 'Visits', columns: ['user', 'pages', 'start', 'end'], sortBy: ['start'] }))
  .setParallelism(1);

await env.execute('visits');
`;

const test = `import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { keyedProcessHarness } from 'flinkc/testing';
import { Visits, type Click } from './visit.js';

test('a visit ends five minutes after its last click', () => {
  const harness = keyedProcessHarness(new Visits(), { key: (click: Click) => click.user });
  harness.processElement({ user: 'ann', page: '/', time: 0 }, 0);
  harness.processElement({ user: 'ann', page: '/prices', time: 60_000 }, 60_000);

  harness.processWatermark(359_999);
  deepEqual(harness.values, []);

  harness.processWatermark(360_000);
  deepEqual(harness.values, [{ user: 'ann', pages: 2, start: 0, end: 60_000 }]);
});
`;
