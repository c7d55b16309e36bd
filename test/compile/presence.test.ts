/** What is known to be there is not asked again, and what is not there fails as in JavaScript. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runProgram } from './compile-program.js';

const program = (pipeline: string): string => `
  import { createEnvironment } from 'flinkc';
  import { CollectSink } from 'flinkc/collect';
  interface Bid { readonly price: number; readonly user: string | null }
  interface Ask { readonly price: number }
  interface Event { readonly id: number; readonly bid?: Bid; readonly ask: Ask | null }
  const env = createEnvironment();
  const events = env.fromCollection<Event>([
    { id: 1, bid: { price: 3, user: 'a' }, ask: null },
    { id: 2, ask: { price: 5 } },
    { id: 3, bid: { price: 7, user: null }, ask: { price: 9 } },
  ]);
  ${pipeline}
  await env.execute('presence');
`;

test('fields of a struct that a filter asked for are read without asking again', async () => {
  const { out, code } = await runProgram(
    program(`events
      .filter(e => e.bid !== undefined && e.id < 9)
      .map(e => e.bid!)
      .map(bid => ({ price: bid.price * 2, user: bid.user }))
      .sinkTo(new CollectSink('out'));`),
  );
  assert.equal(out, [
    { price: 6, user: 'a' },
    { price: 14, user: null },
  ]);
  assert.not.match(code, 'readOfAbsent');
});

test('a struct that is only known not to be undefined may still be null', async () => {
  const { out, code } = await runProgram(
    program(`events
      .filter(e => e.ask !== undefined)
      .map(e => (e.ask === null ? 0 : e.ask.price))
      .sinkTo(new CollectSink('out'));`),
  );
  assert.equal(out, [0, 5, 9]);
  assert.match(code, 'readOfAbsent');
});

test('the other branch of a condition knows nothing', async () => {
  const { out } = await runProgram(
    program(`events.filter(e => e.bid === undefined || e.bid.price > 5).map(e => e.bid?.price ?? -e.id)
      .sinkTo(new CollectSink('out'));`),
  );
  assert.equal(out, [-2, 7]);
});

test('one branch behind a filter does not vouch for the next', async () => {
  const { out } = await runProgram(
    program(`
      const tagged = events.map(e => ({ ...e, id: e.id * 10 }));
      tagged.filter(e => !!e.bid).map(e => e.bid!.price).sinkTo(new CollectSink('out'));
      tagged.map(e => (e.bid ? 1 : 0)).sinkTo(new CollectSink('other'));`),
  );
  assert.equal(out, [3, 7]);
});

test('of the first part that is there only the field is read', async () => {
  const { out, code } = await runProgram(
    program(`events.map(e => (e.bid ?? e.ask)!.price).sinkTo(new CollectSink('out'));`),
  );
  assert.equal(out, [3, 5, 7]);
  assert.not.match(code, /"bid",\s*"user"/);
});

test('a field of nothing fails with the words of JavaScript', async () => {
  try {
    await runProgram(
      program(`events.map(e => (e.ask ?? e.bid)!.price).filter(p => p > 0)
      .map(p => p).sinkTo(new CollectSink('out')); events.map(e => e.ask!.price).sinkTo(new CollectSink('x'));`),
    );
    assert.unreachable();
  } catch (error) {
    assert.match(String((error as Error).message), /Cannot read properties of null \(reading 'price'\)/);
  }
});

test.run();
