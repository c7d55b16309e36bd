import { createEnvironment } from 'flinkc';
import defaults from './defaults.json' with { type: 'json' };

interface Config {
  topics: string[];
  min: number;
}
async function loadConfig(): Promise<Config> {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(new URL('./config.json', import.meta.url), 'utf8');
  return { ...defaults, ...(JSON.parse(text) as Partial<Config>) };
}
const config = await loadConfig();
async function main() {
  const env = createEnvironment();
  const streams = await Promise.all(
    config.topics.map(async topic => {
      // the first topic takes longest: recording order is not the order of the program
      await new Promise(resolve => setTimeout(resolve, topic === 'a' ? 20 : 1));
      return env
        .fromData([{ topic, amount: 1 }])
        .filter(o => o.amount > config.min)
        .name(topic);
    }),
  );
  const [first, ...others] = streams;
  first!.union(...others).print();
  await env.execute('await');
}
await main();
