/** Metrics of the JobManager, TaskManagers, jobs and vertices. */
import type { ClusterJob } from '../../cluster-job.js';
import { vertexIn } from '../job-shapes.js';
import { aggregatedMetrics, listOf, metricValues } from '../metric-answers.js';
import {
  jobManagerMetrics,
  jobMetrics,
  subtaskMetrics,
  taskManagerMetrics,
  vertexMetrics,
} from '../metric-sources.js';
import { badRequest, notFound } from '../rest-error.js';
import { idOf, jobOf, type RestContext } from '../rest-context.js';
import type { RestRequest } from '../request.js';
import type { Route } from '../router.js';

export function metricRoutes(context: RestContext): readonly Route[] {
  const get = (path: string, handle: (request: RestRequest) => unknown): Route => ({
    method: 'GET',
    path,
    handle,
  });
  const job = ({ params }: RestRequest): ClusterJob => jobOf(context, params);
  const vertex = '/jobs/:jobid/vertices/:vertexid';
  return [
    get('/jobmanager/metrics', ({ query }) => metricValues(jobManagerMetrics(context.leadership()), query)),
    get('/taskmanagers/metrics', ({ query }) => {
      const { slots } = context.leadership();
      const wanted = listOf(query, 'taskmanagers');
      const owners = slots.taskManagers.filter(({ id }) => wanted?.includes(id) ?? true);
      return aggregatedMetrics(owners.map(taskManagerMetrics), query);
    }),
    get('/taskmanagers/:taskmanagerid/metrics', ({ params, query }) => {
      const owner = context.leadership().slots.owner(params['taskmanagerid']!);
      if (!owner) throw notFound(`TaskManager ${params['taskmanagerid']} not found`);
      return metricValues(taskManagerMetrics(owner), query);
    }),
    get('/jobs/metrics', ({ query }) => {
      const wanted = listOf(query, 'jobs')?.map(id => idOf('job', id));
      const jobs = context
        .leadership()
        .dispatcher.jobs.filter(({ jobId }) => wanted?.includes(jobId) ?? true);
      return aggregatedMetrics(jobs.map(jobMetrics), query);
    }),
    get('/jobs/:jobid/metrics', request => metricValues(jobMetrics(job(request)), request.query)),
    get(`${vertex}/metrics`, request => {
      const { details } = job(request);
      return metricValues(vertexMetrics(details, vertexIn(details, request.params)), request.query);
    }),
    get(`${vertex}/subtasks/metrics`, request => {
      const { details } = job(request);
      const all = subtaskMetrics(details, vertexIn(details, request.params));
      const wanted = indexesOf(request.query, all.length);
      return aggregatedMetrics(wanted ? all.filter((_, i) => wanted.has(i)) : all, request.query);
    }),
    get(`${vertex}/subtasks/:subtaskindex/metrics`, request => {
      const { details } = job(request);
      const all = subtaskMetrics(details, vertexIn(details, request.params));
      const index = request.params['subtaskindex']!;
      const metrics = /^\d{1,9}$/.test(index) ? all[Number(index)] : undefined;
      if (!metrics) throw notFound(`Subtask ${index.slice(0, 64)} not found`);
      return metricValues(metrics, request.query);
    }),
  ];
}

/** `1,3,5-9`; null: all. */
function indexesOf(query: URLSearchParams, parallelism: number): ReadonlySet<number> | null {
  const parts = listOf(query, 'subtasks');
  if (parts === null) return null;
  const indexes = new Set<number>();
  for (const part of parts) {
    const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part);
    if (!match)
      throw badRequest(`'subtasks' lists numbers and ranges such as 1,3,5-9, not '${part.slice(0, 64)}'.`);
    const last = Math.min(Number(match[2] ?? match[1]), parallelism - 1);
    for (let i = Number(match[1]); i <= last; i++) indexes.add(i);
  }
  return indexes;
}
