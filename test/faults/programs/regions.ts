// Every parallel instance is a region of its own: no records pass between them, but all take their input from one enumerator.
import { createEnvironment, WatermarkStrategy } from 'flinkc';
import { FileSource } from 'flinkc/file';
import { TextFormat } from 'flinkc/text';
import { linesIn } from './output.js';
import { Pace } from './pace.js';

interface Request {
  readonly client: string;
  readonly line: string;
}

const env = createEnvironment();
const requests = env
  .fromSource(
    new FileSource({
      path: env.param('input', 'fixtures/data/apache-access-log/access.log'),
      format: new TextFormat(),
      splitBytes: 32_768,
    }),
    WatermarkStrategy.noWatermarks<string>(),
    'requests',
  )
  .filter(new Pace<string>(env.param('pace', 0)))
  .map(line => ({ client: line.slice(0, line.indexOf(' ')), line }));
requests.sinkTo(linesIn<Request>(env, 'closed'));
requests.sinkTo(linesIn<Request>(env, 'open', true));

await env.execute('faults-regions');
