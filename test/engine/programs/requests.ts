// Requests that are in flight at every checkpoint.
import { AsyncDataStream, createEnvironment, seconds, WatermarkStrategy } from 'flinkc';
import { CollectSink } from 'flinkc/collect';
import { SequenceSource } from 'flinkc/datagen';

const answer = async (question: number): Promise<number> => {
  await new Promise(resolve => setTimeout(resolve, 100));
  return question;
};

const env = createEnvironment();
const questions = env.fromSource(
  new SequenceSource(0, null, { recordsPerSecond: 1_000 }),
  WatermarkStrategy.noWatermarks(),
  'questions',
);
AsyncDataStream.orderedWait(questions, answer, seconds(10), 500).sinkTo(new CollectSink('answers'));

await env.execute('requests');
