/** Vertices of a job and their subtasks. */
import type { ExecutionVertex } from '../../../core/execution-graph.js';
import type { ClusterJob } from '../../cluster-job.js';
import { attemptAccumulators, subtasksAccumulators, vertexAccumulators } from '../accumulator-shapes.js';
import { vertexIdOf, vertexIn } from '../job-shapes.js';
import { notFound } from '../rest-error.js';
import { jobOf, type RestContext } from '../rest-context.js';
import type { RestRequest } from '../request.js';
import type { Route } from '../router.js';
import {
  backPressure,
  subtaskAttempt,
  subtaskTimes,
  vertexSubtasks,
  vertexTaskManagers,
  watermarks,
} from '../vertex-shapes.js';

type Handle = (job: ClusterJob, vertex: ExecutionVertex, request: RestRequest) => unknown;

export function vertexRoutes(context: RestContext): readonly Route[] {
  const get = (path: string, handle: Handle): Route => ({
    method: 'GET',
    path: `/jobs/:jobid/vertices/:vertexid${path}`,
    handle: request => {
      const job = jobOf(context, request.params);
      return handle(job, vertexIn(job.details, request.params), request);
    },
  });
  return [
    get('', vertexSubtasks),
    get('/subtasktimes', subtaskTimes),
    get('/taskmanagers', vertexTaskManagers),
    get('/watermarks', watermarks),
    get('/backpressure', backPressure),
    get('/accumulators', vertexAccumulators),
    get('/subtasks/accumulators', subtasksAccumulators),
    get('/flamegraph', () => ({ endTimestamp: Date.now(), data: null })),
    get('/subtasks/:subtaskindex', subtaskOf),
    get('/subtasks/:subtaskindex/attempts/:attempt', attemptOf),
    get('/subtasks/:subtaskindex/attempts/:attempt/accumulators', (job, vertex, request) =>
      attemptAccumulators(job, vertex, attemptOf(job, vertex, request)),
    ),
  ];
}

function subtaskOf(job: ClusterJob, vertex: ExecutionVertex, { params }: RestRequest) {
  const index = params['subtaskindex']!;
  if (!/^\d{1,9}$/.test(index) || Number(index) >= vertex.parallelism)
    throw notFound(`Subtask ${index.slice(0, 64)} of JobVertex ${vertexIdOf(vertex)} not found`);
  return subtaskAttempt(job, vertex, Number(index));
}

/** Of older attempts nothing is kept. */
function attemptOf(job: ClusterJob, vertex: ExecutionVertex, request: RestRequest) {
  const found = subtaskOf(job, vertex, request);
  const attempt = request.params['attempt']!;
  if (String(found.attempt) === attempt) return found;
  throw notFound(`Attempt ${attempt.slice(0, 64)} of subtask ${found.subtask} not found`);
}
