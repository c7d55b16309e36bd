import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import {
  EventTimeSessionWindows,
  EventTimeTrigger,
  GlobalWindows,
  MAX_TIMESTAMP,
  mergeTouchingWindows,
  MIN_TIMESTAMP,
  NeverTrigger,
  EndOfStreamTrigger,
  ProcessingTimeSessionWindows,
  ProcessingTimeTrigger,
  SlidingEventTimeWindows,
  SlidingProcessingTimeWindows,
  TimeWindow,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
  type Window,
} from '../../compiler/lang/index.js';
import { ship } from '../../plugins/api/shipping.js';

const at = (now: number) => ({ currentProcessingTime: () => now });

function bounds(windows: readonly Window[]): readonly (readonly [number, number])[] {
  return windows.map(window => [(window as TimeWindow).start, (window as TimeWindow).end] as const);
}

test('§4.1 TimeWindow: maxTimestamp = end − 1', () => {
  assert.is(new TimeWindow(0, 10).maxTimestamp(), 9);
});

test('§4.1 global: one window for every record, which never ends by itself', () => {
  const windows = [1, 99].flatMap(ts => GlobalWindows.create().assignWindows(ts, ts, at(0)));
  assert.is(windows.length, 2);
  assert.is(windows[0], windows[1]);
  assert.is(windows[0]!.maxTimestamp(), MAX_TIMESTAMP);
});

test('§4.1 Tumbling: start = ts − floorMod(ts − offset, size)', () => {
  const assigner = TumblingEventTimeWindows.of(10);
  assert.equal(bounds(assigner.assignWindows('a', 0, at(0))), [[0, 10]]);
  assert.equal(bounds(assigner.assignWindows('a', 9, at(0))), [[0, 10]]);
  assert.equal(bounds(assigner.assignWindows('a', 10, at(0))), [[10, 20]]);
  const offset = TumblingEventTimeWindows.of(10, 3);
  assert.equal(bounds(offset.assignWindows('a', 2, at(0))), [[-7, 3]]);
  assert.equal(bounds(offset.assignWindows('a', 3, at(0))), [[3, 13]]);
  const negativeOffset = TumblingEventTimeWindows.of(10, -4);
  assert.equal(bounds(negativeOffset.assignWindows('a', 7, at(0))), [[6, 16]]);
});

test('§4.1 Tumbling: negative timestamps', () => {
  const assigner = TumblingEventTimeWindows.of(10);
  assert.equal(bounds(assigner.assignWindows('a', -1, at(0))), [[-10, 0]]);
  assert.equal(bounds(assigner.assignWindows('a', -10, at(0))), [[-10, 0]]);
  assert.equal(bounds(assigner.assignWindows('a', -11, at(0))), [[-20, -10]]);
});

test('§4.1 Tumbling: the window contains the timestamp and starts at offset modulo size', () => {
  const timestamp = fc.integer({ min: -(10 ** 13), max: 10 ** 13 });
  const sizeAndOffset = fc
    .integer({ min: 1, max: 10 ** 9 })
    .chain(size => fc.tuple(fc.constant(size), fc.integer({ min: 1 - size, max: size - 1 })));
  fc.assert(
    fc.property(timestamp, sizeAndOffset, (ts, [size, offset]) => {
      const [window] = TumblingEventTimeWindows.of(size, offset).assignWindows('a', ts, at(0));
      assert.ok(window!.start <= ts && ts < window!.end);
      assert.is(window!.end - window!.start, size);
      assert.is(Math.abs((window!.start - offset) % size), 0);
    }),
  );
});

test('§4.1 Tumbling: |offset| < size', () => {
  assert.throws(() => TumblingEventTimeWindows.of(10, 10), /abs\(offset\) < size/);
  assert.throws(() => TumblingProcessingTimeWindows.of(10, -10), /abs\(offset\) < size/);
  assert.throws(() => TumblingEventTimeWindows.of(0), /abs\(offset\) < size/);
  assert.throws(() => TumblingEventTimeWindows.of(NaN), /abs\(offset\) < size/);
});

test('§4.1 processing-time assigners use the current clock', () => {
  assert.equal(bounds(TumblingProcessingTimeWindows.of(10).assignWindows('a', MIN_TIMESTAMP, at(25))), [
    [20, 30],
  ]);
  assert.equal(bounds(SlidingProcessingTimeWindows.of(10, 5).assignWindows('a', MIN_TIMESTAMP, at(7))), [
    [5, 15],
    [0, 10],
  ]);
  assert.equal(bounds(ProcessingTimeSessionWindows.withGap(5).assignWindows('a', MIN_TIMESTAMP, at(7))), [
    [7, 12],
  ]);
  const dynamic = ProcessingTimeSessionWindows.withDynamicGap((n: number) => n);
  assert.equal(bounds(dynamic.assignWindows(3, MIN_TIMESTAMP, at(7))), [[7, 10]]);
});

test('§4.1 window stagger shifts the offset once per operator', () => {
  const natural = TumblingProcessingTimeWindows.of(10, 0, 'NATURAL');
  assert.equal(bounds(natural.assignWindows('a', 0, at(23))), [[23, 33]]);
  assert.equal(bounds(natural.assignWindows('a', 0, at(37))), [[33, 43]], 'not shifted again');
  const random = TumblingProcessingTimeWindows.of(10, 0, 'RANDOM');
  const first = random.assignWindows('a', 0, at(100))[0]!;
  const second = random.assignWindows('a', 0, at(200))[0]!;
  assert.ok(first.start <= 100 && 100 < first.end);
  assert.is((second.start - first.start) % 10, 0);
});

test('§4.1 Sliding: windows for start = last, last − slide, … while start > ts − size', () => {
  const assigner = SlidingEventTimeWindows.of(10, 5);
  assert.equal(bounds(assigner.assignWindows('a', 12, at(0))), [
    [10, 20],
    [5, 15],
  ]);
  assert.equal(bounds(assigner.assignWindows('a', -1, at(0))), [
    [-5, 5],
    [-10, 0],
  ]);
  assert.equal(bounds(SlidingEventTimeWindows.of(10, 5, 1).assignWindows('a', 10, at(0))), [
    [6, 16],
    [1, 11],
  ]);
});

test('§4.1 Sliding: floor or ceil of size/slide windows, none in a gap', () => {
  const uneven = SlidingEventTimeWindows.of(7, 5);
  assert.is(uneven.assignWindows('a', 5, at(0)).length, 2);
  assert.is(uneven.assignWindows('a', 9, at(0)).length, 1);
  const gaps = SlidingEventTimeWindows.of(5, 10);
  assert.equal(bounds(gaps.assignWindows('a', 4, at(0))), [[0, 5]]);
  assert.is(gaps.assignWindows('a', 5, at(0)).length, 0);
});

test('§4.1 Sliding: |offset| < slide, size > 0', () => {
  assert.throws(() => SlidingEventTimeWindows.of(10, 5, 5), /abs\(offset\) < slide and size > 0/);
  assert.throws(() => SlidingProcessingTimeWindows.of(0, 5), /abs\(offset\) < slide and size > 0/);
  assert.throws(() => SlidingEventTimeWindows.of(10, 0), /abs\(offset\) < slide/);
});

test('§4.1 Session: [ts, ts + gap), fixed and dynamic', () => {
  assert.equal(bounds(EventTimeSessionWindows.withGap(5).assignWindows('a', -3, at(0))), [[-3, 2]]);
  const dynamic = EventTimeSessionWindows.withDynamicGap({ extract: (o: { gap: number }) => o.gap });
  assert.equal(bounds(dynamic.assignWindows({ gap: 4 }, 10, at(0))), [[10, 14]]);
});

test('§4.1 Session: gap > 0', () => {
  assert.throws(() => EventTimeSessionWindows.withGap(0), /0 < size/);
  assert.throws(() => ProcessingTimeSessionWindows.withGap(-1), /0 < size/);
  const dynamic = EventTimeSessionWindows.withDynamicGap((n: number) => n);
  assert.throws(() => dynamic.assignWindows(0, 5, at(0)), /0 < gap/);
});

test('§4.1 event-time assigners: timestamp MIN is an error', () => {
  const assigners = [
    TumblingEventTimeWindows.of(10),
    SlidingEventTimeWindows.of(10, 5),
    EventTimeSessionWindows.withGap(5),
    EventTimeSessionWindows.withDynamicGap(() => 5),
  ];
  for (const assigner of assigners) {
    assert.throws(() => assigner.assignWindows('a', MIN_TIMESTAMP, at(0)), /no timestamp marker/);
  }
});

test('§4.4 default triggers', () => {
  assert.instance(TumblingEventTimeWindows.of(1).getDefaultTrigger(), EventTimeTrigger);
  assert.instance(SlidingProcessingTimeWindows.of(1, 1).getDefaultTrigger(), ProcessingTimeTrigger);
  assert.instance(EventTimeSessionWindows.withGap(1).getDefaultTrigger(), EventTimeTrigger);
  assert.instance(GlobalWindows.create().getDefaultTrigger(), NeverTrigger);
  assert.instance(GlobalWindows.createWithEndOfStreamTrigger().getDefaultTrigger(), EndOfStreamTrigger);
});

type Merge = readonly [parts: readonly (readonly [number, number])[], cover: readonly [number, number]];
function merges(...windows: readonly (readonly [number, number])[]): readonly Merge[] {
  const found: Merge[] = [];
  mergeTouchingWindows(
    windows.map(([start, end]) => new TimeWindow(start, end)),
    (parts, cover) => found.push([bounds(parts), [cover.start, cover.end]]),
  );
  return found;
}

test('§4.6 rule 1 touching included', () => {
  assert.ok(new TimeWindow(0, 5).intersects(new TimeWindow(5, 9)));
  assert.not.ok(new TimeWindow(0, 5).intersects(new TimeWindow(6, 9)));
  assert.equal(merges([5, 9], [0, 5]), [[[[0, 5], [5, 9]], [0, 9]]]); // prettier-ignore
  assert.equal(merges([0, 5], [6, 9]), []);
});

test('§4.6 rule 2 cover is min start … max end; three-way merge', () => {
  assert.equal(merges([0, 10], [2, 4], [12, 15], [9, 12]), [
    [
      [
        [0, 10],
        [2, 4],
        [9, 12],
        [12, 15],
      ],
      [0, 15],
    ],
  ]);
});

test('§4.6 separate sessions merge separately', () => {
  assert.equal(
    merges([0, 5], [20, 25], [3, 8], [22, 30], [50, 60]).map(([, cover]) => cover),
    [
      [0, 8],
      [20, 30],
    ],
  );
});

test('assigners describe themselves for code generation and ship', () => {
  assert.equal(TumblingEventTimeWindows.of(10, 2).spec, {
    kind: 'tumbling',
    time: 'event',
    size: 10,
    offset: 2,
    stagger: 'ALIGNED',
  });
  assert.equal(SlidingProcessingTimeWindows.of(10, 5)[ship](), {
    module: 'flinkc',
    name: 'SlidingProcessingTimeWindows',
    args: [10, 5, 0],
  });
  const gap = (): number => 5;
  assert.equal(EventTimeSessionWindows.withDynamicGap(gap)[ship](), {
    module: 'flinkc',
    name: 'DynamicEventTimeSessionWindows',
    args: [gap],
  });
  assert.equal(GlobalWindows.createWithEndOfStreamTrigger()[ship]().args, [true]);
});

test.run();
