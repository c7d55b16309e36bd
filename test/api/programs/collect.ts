// executeAndCollect: the last stream's records go to the client.
import { createEnvironment } from 'flinkc';

const env = createEnvironment();
const results = await env
  .fromData(1, 2, 3)
  .map(n => n ** 2)
  .executeAndCollect('squares');
// never reached while the program is only described
throw new Error(`${results.length} results`);

// expected squares: 1, 4, 9
