/** Thread of a type oracle: its checker answers synchronously, and the compiler has other things to do meanwhile. */
import { parentPort, workerData } from 'node:worker_threads';
import { unreachable } from '../../ir/span.js';
import { loadSyntax } from '../syntax.js';
import { LocalOracle } from './local-oracle.js';
import type { OracleAnswer, OracleQuestion, OracleQuestions, OracleStart } from './oracle-protocol.js';
import { openProject } from './project.js';

const port = parentPort!;
const { project, checker } = workerData as OracleStart;
const opening = LocalOracle.open(openProject(project), checker);
// Every build wants the diagnostics: they are ready when it asks. What fails here fails again for whoever asks.
// The next question is about types, and comes when the program was staged: the parser is loaded until then.
let last: Promise<unknown> = opening
  .then(oracle => oracle.diagnostics())
  .then(loadSyntax)
  .catch(() => null);

port.on('message', (question: OracleQuestion) => {
  // One after another: an update must not overtake a question about the state before it.
  last = last.then(() => reply(question));
});

async function reply(question: OracleQuestion): Promise<void> {
  const { id } = question;
  try {
    port.postMessage({ id, answer: await answer(question) } satisfies OracleAnswer);
  } catch (error) {
    port.postMessage({ id, error } satisfies OracleAnswer);
  }
}

async function answer(question: OracleQuestion): Promise<OracleQuestions[keyof OracleQuestions]['answer']> {
  const oracle = await opening;
  switch (question.kind) {
    case 'checker':
      return oracle.checker;
    case 'diagnostics':
      return oracle.diagnostics();
    case 'types':
      return oracle.types(question.ask);
    case 'update':
      await oracle.update(question.ask);
      return null;
    case 'close':
      oracle.close();
      return null;
    default:
      return unreachable(question);
  }
}
