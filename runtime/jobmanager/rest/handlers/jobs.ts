/** Jobs: what they are, how they do, cancelling and rescaling them. */
import { RuntimeFault } from '../../../contract/fault.js';
import { isGloballyTerminal } from '../../../core/job-state.js';
import { isSensitive } from '../../recorded-secrets.js';
import type { ClusterJob } from '../../cluster-job.js';
import { jobAccumulators } from '../accumulator-shapes.js';
import { jobDetail, jobExceptions, jobOverview, jobPlan, vertexIdOf } from '../job-shapes.js';
import { RestError, badRequest } from '../rest-error.js';
import { jobOf, type RestContext } from '../rest-context.js';
import type { RestRequest } from '../request.js';
import type { Handler, Route } from '../router.js';
import { serializedThrowable } from '../serialized-throwable.js';

const defaultExceptions = 20;

export function jobRoutes(context: RestContext): readonly Route[] {
  const job =
    (handle: (job: ClusterJob, request: RestRequest) => unknown): Handler =>
    request =>
      handle(jobOf(context, request.params), request);
  const cancel = job(found => {
    // As in Flink the answer is that it has begun.
    const { state } = found;
    if (isGloballyTerminal(state) && state !== 'CANCELED') return found.cancel();
    found.cancel().catch(() => {});
    return undefined;
  });
  return [
    {
      method: 'GET',
      path: '/jobs',
      handle: () => ({
        jobs: context.leadership().dispatcher.jobs.map(({ jobId, state }) => ({ id: jobId, status: state })),
      }),
    },
    {
      method: 'POST',
      path: '/jobs',
      files: true,
      handle: () => {
        throw badRequest(
          'A serialised Java execution plan cannot run here. Build the program with flinkc build and submit it with flinkc run --target remote, or POST /jars/upload and /jars/:jarid/run.',
        );
      },
    },
    {
      method: 'GET',
      path: '/jobs/overview',
      handle: () => ({ jobs: context.leadership().dispatcher.jobs.map(jobOverview) }),
    },
    { method: 'GET', path: '/jobs/:jobid', handle: job(jobDetail) },
    {
      method: 'PATCH',
      path: '/jobs/:jobid',
      status: 202,
      handle: request => {
        const mode = request.query.get('mode') ?? 'cancel';
        if (mode === 'stop')
          throw new RestError(
            308,
            'The stop mode is gone: stop with a savepoint.',
            `/jobs/${encodeURIComponent(request.params['jobid']!)}/stop`,
          );
        if (mode !== 'cancel') throw badRequest(`'mode' must be cancel, not '${mode.slice(0, 64)}'.`);
        return cancel(request);
      },
    },
    { method: 'GET', path: '/jobs/:jobid/yarn-cancel', status: 202, handle: cancel },
    { method: 'GET', path: '/jobs/:jobid/yarn-stop', status: 202, handle: cancel },
    { method: 'GET', path: '/jobs/:jobid/status', handle: job(({ state }) => ({ status: state })) },
    { method: 'GET', path: '/jobs/:jobid/plan', handle: job(({ details }) => ({ plan: jobPlan(details) })) },
    { method: 'GET', path: '/jobs/:jobid/config', handle: job(jobConfig) },
    {
      method: 'GET',
      path: '/jobs/:jobid/exceptions',
      handle: job((found, { query }) => jobExceptions(found, countOf(query.get('maxExceptions')))),
    },
    { method: 'GET', path: '/jobs/:jobid/execution-result', handle: job(executionResult) },
    { method: 'GET', path: '/jobs/:jobid/accumulators', handle: job(jobAccumulators) },
    { method: 'PATCH', path: '/jobs/:jobid/clientHeartbeat', status: 202, handle: job(() => undefined) },
    { method: 'GET', path: '/jobs/:jobid/resource-requirements', handle: job(requirements) },
    { method: 'PUT', path: '/jobs/:jobid/resource-requirements', handle: job(changeRequirements) },
    { method: 'PATCH', path: '/jobs/:jobid/rescaling', handle: rescalingDisabled },
    { method: 'GET', path: '/jobs/:jobid/rescaling/:triggerid', handle: rescalingDisabled },
    { method: 'GET', path: '/jobs/:jobid/jobmanager/config', handle: job(jobManagerConfig) },
  ];
}

function countOf(text: string | null): number {
  if (text === null) return defaultExceptions;
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1)
    throw badRequest(`'maxExceptions' must be a whole number of at least 1, not '${text.slice(0, 64)}'.`);
  return Number(text);
}

function jobConfig({ jobId, details }: ClusterJob): unknown {
  return {
    jid: jobId,
    name: details.name,
    'execution-config': {
      'execution-mode': 'PIPELINED',
      'restart-strategy': details.restartStrategy.type,
      'job-parallelism': details.parallelism,
      'object-reuse-mode': true,
      'user-config': details.parameters,
    },
  };
}

function jobManagerConfig({ details }: ClusterJob): unknown {
  return Object.entries(details.configuration).map(([key, value]) => ({
    key,
    value: isSensitive(key) ? '******' : value,
  }));
}

const applicationStatus = { FINISHED: 'SUCCEEDED', CANCELED: 'CANCELED', FAILED: 'FAILED' } as const;

/** Read by a hand-written parser in Flink's client: no field more than these. */
function executionResult(job: ClusterJob): unknown {
  const { details, endTime } = job;
  const { state, fault } = details;
  if (!isGloballyTerminal(state)) return { status: { id: 'IN_PROGRESS' } };
  return {
    status: { id: 'COMPLETED' },
    'job-execution-result': {
      id: job.jobId,
      name: details.name,
      'application-status': applicationStatus[state],
      'accumulator-results': {},
      'net-runtime': Math.max(0, endTime! - job.startTime),
      ...(state === 'FAILED' && fault
        ? {
            'failure-cause': serializedThrowable(
              new Error(`${fault.code}: ${fault.message}${fault.fix === null ? '' : `\nfix: ${fault.fix}`}`),
            ),
          }
        : {}),
      'start-time': job.startTime,
      'end-time': endTime!,
    },
  };
}

function requirements({ details }: ClusterJob): unknown {
  return Object.fromEntries(
    details.graph.vertices.map(vertex => [
      vertexIdOf(vertex),
      { parallelism: { lowerBound: vertex.parallelism, upperBound: vertex.parallelism } },
    ]),
  );
}

/** A job runs with the upper bounds, or is left as it is. */
function changeRequirements(job: ClusterJob, { body }: RestRequest): Promise<void> {
  const { vertices } = job.details.graph;
  const known = new Map(vertices.map(vertex => [vertexIdOf(vertex), vertex]));
  const unknown = body.names.filter(name => !known.has(name));
  const missing = [...known.keys()].filter(id => !body.names.includes(id));
  if (unknown.length > 0 || missing.length > 0)
    throw badRequest(
      `The requirements must name every vertex of the job and nothing else: ${[...unknown.map(id => `'${id.slice(0, 64)}' is no vertex`), ...missing.map(id => `'${id}' is missing`)].slice(0, 5).join(', ')}.`,
    );
  const wanted = new Map(
    [...known].map(([id, vertex]) => {
      const { maxParallelism } = vertex;
      const bounds = body.object(id)?.object('parallelism');
      const upper = bounds?.integer('upperBound', 1);
      const lower = bounds?.integer('lowerBound', 1) ?? upper;
      if (upper === undefined) throw badRequest(`'${id}' needs parallelism.upperBound.`);
      if (lower! > upper)
        throw badRequest(`The lower bound ${lower} of '${id}' is above its upper bound ${upper}.`);
      if (upper > maxParallelism)
        throw new RuntimeFault('FC5620', {
          message: `'${vertex.task.name}' (${id}) cannot have parallelism ${upper}: its maximum parallelism is ${maxParallelism}`,
          domain: 'user',
          fix: 'choose a lower one; pipeline.max-parallelism is fixed when a job starts without state',
        });
      return [id, upper];
    }),
  );
  return [...known].every(([id, { parallelism }]) => wanted.get(id) === parallelism)
    ? Promise.resolve()
    : job.rescale(wanted);
}

function rescalingDisabled(): never {
  throw new RestError(
    503,
    'Rescaling is temporarily disabled. See FLINK-12312. Use /jobs/:jobid/resource-requirements.',
  );
}
