import { createEnvironment } from 'flinkc';
import { buildAll } from './pipelines/index.js';
import * as names from './names.js';

const env = createEnvironment();
buildAll(env, names);
await env.execute('modules');
