/**
 * Runs inside the staging worker, as the first module of the staged bundle: sets up the recording API, waits for
 * execute() or for whatever else ends the program, and posts one StageReport.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { recorderKey } from '../lang/recording.js';
import { Capturer } from './capture.js';
import { EffectLog } from './effects.js';
import { StandIns } from './parameters.js';
import {
  emptyReport,
  thrown,
  timeIsOver,
  type StageEnd,
  type StageReport,
  type StageRequest,
} from './stage-protocol.js';
import { StageRecorder } from './stage-recorder.js';
import { Tagger } from './tagger.js';

/** @param api all exports of flinkc: its objects are known then, however the program comes by them */
export function startStaging(api: object): void {
  Error.stackTraceLimit = 50;
  const { root, buildParams } = workerData as StageRequest;
  const effects = new EffectLog();
  effects.install(); // before the tagger looks at globals, which this replaces
  const standIns = new StandIns(({ parameter, stack }) =>
    recorder.mistake('FC1201', { name: parameter }, null, stack ?? null),
  );
  const tagger = new Tagger({
    root,
    isStandIn: object => standIns.parameterOf(object) !== undefined,
    onNewDate: via => effects.note('time:new Date()', via),
  });
  tagger.api(api, 'flinkc');
  const recorder = new StageRecorder({
    tagger,
    capturer: new Capturer(tagger, standIns),
    standIns,
    buildParams,
    // what follows execute() in the same turn still counts: declarations below it, a second execute()
    onExecute: () => setImmediate(() => report({ kind: 'executed' })),
  });
  const report = once((end: StageEnd): void => {
    try {
      post(describe(end));
    } catch (error) {
      post(emptyReport(thrown(error))); // otherwise nobody would hear of it before the time-out
    }
  });
  const describe = (end: StageEnd): StageReport => ({
    end,
    jobName: recorder.jobName ?? '',
    ops: recorder.stagedOps(),
    parameters: recorder.parameters,
    settings: recorder.settings,
    tags: recorder.stagedTags(),
    helpers: tagger.helpers,
    effects: effects.all,
    mistakes: recorder.mistakes,
  });
  Object.assign(globalThis, { __flinkc: tagger, [recorderKey]: recorder });
  process.once('beforeExit', () => report({ kind: 'finished' }));
  process.on('uncaughtException', error => report(thrown(error)));
  process.on('unhandledRejection', error => report(thrown(error)));
  parentPort!.on('message', message => {
    if (message === timeIsOver) report({ kind: 'timedOut', stack: '', waitingAt: tagger.waitingAt });
  });
  parentPort!.unref(); // what the program leaves running decides when it ends, not this
  const exit = process.exit.bind(process);
  process.exit = code => {
    const exitCode = Number(code ?? process.exitCode ?? 0);
    report({ kind: 'exited', exitCode, stack: new Error('exit').stack ?? '' });
    return exit(code);
  };
}

/** As text: big captured tables are many small objects, which cloning copies several times slower. */
function post(report: StageReport): void {
  parentPort!.postMessage(JSON.stringify(report));
}

function once<A>(run: (argument: A) => void): (argument: A) => void {
  let done = false;
  return argument => {
    if (done) return;
    done = true;
    run(argument);
  };
}
