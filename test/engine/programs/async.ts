// Requests that are in flight when the snapshot is taken, in front of and behind an exchange.
import { AsyncDataStream, createEnvironment, seconds } from 'flinkc';
import { CollectSink } from 'flinkc/collect';
import { readings, type Reading } from './readings.js';

const lookUp = async (reading: Reading): Promise<string> => {
  await new Promise(resolve => setTimeout(resolve, reading.index % 13));
  return `${reading.sensor} ${reading.index}`;
};

const env = createEnvironment();
const all = readings(env, 'readings');

AsyncDataStream.orderedWait(all, lookUp, seconds(10), 50).sinkTo(new CollectSink('ordered'));
AsyncDataStream.unorderedWait(all.rebalance(), lookUp, seconds(10), 50)
  .map(text => ({ digit: text.slice(-1), count: 1 }))
  .keyBy('digit')
  .sum('count')
  .sinkTo(new CollectSink('unordered'));

await env.execute('async');
