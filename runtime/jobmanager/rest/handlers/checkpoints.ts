/** Checkpoints and savepoints of jobs: statistics, triggering, stopping with one, disposing of one. */
import { RuntimeFault } from '../../../contract/fault.js';
import { openFileSystem } from '../../../../plugins/file-systems.js';
import { discardCheckpoint, readCheckpoint } from '../../../state/storage/checkpoint-storage.js';
import type { CheckpointRecord } from '../../../core/checkpoints/statistics.js';
import { vertexIn } from '../job-shapes.js';
import type { ClusterJob } from '../../cluster-job.js';
import {
  checkpointConfig,
  checkpointDetail,
  checkpointStatistics,
  checkpointSubtasks,
} from '../checkpoint-shapes.js';
import type { AsyncOperations } from '../async-operations.js';
import { badRequest, notFound } from '../rest-error.js';
import { jobOf, type RestContext } from '../rest-context.js';
import type { Fields, RestRequest } from '../request.js';
import type { Handler, Route } from '../router.js';
import { serializedThrowable } from '../serialized-throwable.js';

export function checkpointRoutes(context: RestContext): readonly Route[] {
  const { operations } = context;
  const job =
    (handle: (job: ClusterJob, request: RestRequest) => unknown): Handler =>
    request =>
      handle(jobOf(context, request.params), request);
  const result =
    (kind: string): Handler =>
    ({ params }) =>
      operations.result(`${kind}/${params['jobid']?.toLowerCase() ?? ''}`, params['triggerid']!);
  return [
    { method: 'GET', path: '/jobs/:jobid/checkpoints', handle: job(statisticsOf) },
    { method: 'GET', path: '/jobs/:jobid/checkpoints/config', handle: job(configOf) },
    {
      method: 'GET',
      path: '/jobs/:jobid/checkpoints/details/:checkpointid',
      handle: job((found, { params }) => checkpointDetail(found.details, recordOf(found, params))),
    },
    {
      method: 'GET',
      path: '/jobs/:jobid/checkpoints/details/:checkpointid/subtasks/:vertexid',
      handle: job((found, { params }) =>
        checkpointSubtasks(recordOf(found, params), vertexIn(found.details, params)),
      ),
    },
    {
      method: 'POST',
      path: '/jobs/:jobid/checkpoints',
      status: 202,
      handle: job((found, { body }) => triggerCheckpoint(operations, found, body)),
    },
    { method: 'GET', path: '/jobs/:jobid/checkpoints/:triggerid', handle: result('checkpoint') },
    {
      method: 'POST',
      path: '/jobs/:jobid/savepoints',
      status: 202,
      handle: job((found, { body }) => triggerSavepoint(operations, found, body)),
    },
    {
      method: 'POST',
      path: '/jobs/:jobid/stop',
      status: 202,
      handle: job((found, { body }) => stopWithSavepoint(operations, found, body)),
    },
    { method: 'GET', path: '/jobs/:jobid/savepoints/:triggerid', handle: result('savepoint') },
    { method: 'POST', path: '/savepoint-disposal', handle: ({ body }) => disposeOfSavepoint(context, body) },
    { method: 'GET', path: '/savepoint-disposal/:triggerid', handle: result('disposal') },
  ];
}

function statisticsOf(job: ClusterJob): unknown {
  checkEnabled(job, 'Checkpointing has not been enabled.');
  return checkpointStatistics(job.details);
}

function configOf(job: ClusterJob): unknown {
  checkEnabled(job, `Checkpointing is not enabled for this job (${job.jobId}).`);
  return checkpointConfig(job.details);
}

function triggerCheckpoint(operations: AsyncOperations, job: ClusterJob, body: Fields): unknown {
  const type = body.oneOf('checkpointType', ['CONFIGURED', 'FULL', 'INCREMENTAL']);
  if (type === 'INCREMENTAL' || type === 'FULL')
    throw badRequest(`Checkpoints are taken as configured; checkpointType ${type} is not supported.`);
  return operations.trigger(
    `checkpoint/${job.jobId}`,
    body.string('triggerId'),
    async () => ({ checkpointId: (await job.triggerCheckpoint()).checkpointId }),
    error => ({ failureCause: serializedThrowable(error) }),
  );
}

function triggerSavepoint(operations: AsyncOperations, job: ClusterJob, body: Fields): unknown {
  const target = targetOf(job, body, 'target-directory');
  const cancels = body.boolean('cancel-job') ?? false;
  return operations.trigger(
    `savepoint/${job.jobId}`,
    body.string('triggerId'),
    async () => {
      const savepoint = cancels ? await savepointAndCancel(job, target) : await job.triggerSavepoint(target);
      return { location: savepoint.location };
    },
    failureCause,
  );
}

function stopWithSavepoint(operations: AsyncOperations, job: ClusterJob, body: Fields): unknown {
  const target = targetOf(job, body, 'targetDirectory');
  const drain = body.boolean('drain') ?? false;
  return operations.trigger(
    `savepoint/${job.jobId}`,
    body.string('triggerId'),
    async () => ({ location: (await job.stopWithSavepoint(target, drain)).location }),
    failureCause,
  );
}

function disposeOfSavepoint({ operations, leadership, configuration }: RestContext, body: Fields): unknown {
  const path = body.string('savepoint-path');
  if (path === undefined) throw badRequest("'savepoint-path' is missing.");
  const used = leadership().dispatcher.jobs.find(({ details }) =>
    isOwnFolder(details.checkpointSettings.directory, path, details.jobId),
  );
  if (used)
    throw badRequest(`'${path}' belongs to the checkpoints of job ${used.jobId}, which deletes them itself.`);
  return operations.trigger(
    'disposal/',
    body.string('triggerId'),
    async () => {
      await dispose(path, configuration);
      return {};
    },
    failureCause,
  );
}

const failureCause = (error: unknown): unknown => ({ 'failure-cause': serializedThrowable(error) });

function checkEnabled({ details }: ClusterJob, message: string): void {
  if (details.checkpointSettings.intervalMs === null && details.checkpointStatistics.counts.total === 0)
    throw notFound(message);
}

function recordOf(job: ClusterJob, { checkpointid }: Readonly<Record<string, string>>): CheckpointRecord {
  checkEnabled(job, `Checkpointing was not enabled for job ${job.jobId}.`);
  const id = checkpointid!;
  if (!/^\d{1,15}$/.test(id)) throw badRequest(`'${id.slice(0, 64)}' is not a checkpoint id.`);
  const record = job.details.checkpointStatistics.find(Number(id));
  if (!record) throw notFound(`Could not find checkpointing statistics for checkpoint ${id}.`);
  return record;
}

function targetOf({ details }: ClusterJob, body: Fields, field: string): string | null {
  if (body.oneOf('formatType', ['CANONICAL', 'NATIVE']) === 'NATIVE')
    throw badRequest('Savepoints are written in the canonical format; formatType NATIVE is not supported.');
  const target = body.string(field) ?? null;
  if (target === null && details.checkpointSettings.savepointDirectory === null)
    throw badRequest(
      'Config key [execution.checkpointing.savepoint-dir] is not set. Property [target-directory] must be provided.',
    );
  return target;
}

async function savepointAndCancel(job: ClusterJob, target: string | null) {
  const savepoint = await job.triggerSavepoint(target);
  await job.cancel();
  return savepoint;
}

const isOwnFolder = (directory: string | null, path: string, jobId: string): boolean =>
  directory !== null && path.includes(`/${jobId}/`);

/** Only what is a savepoint: a mistyped path must not lose other files. */
async function dispose(path: string, configuration: Readonly<Record<string, string>>): Promise<void> {
  const fileSystem = await openFileSystem(path, configuration);
  try {
    const { location, metadata } = await readCheckpoint(fileSystem, path);
    if (metadata.type !== 'savepoint')
      throw new RuntimeFault('FC5628', {
        message: `'${path}' is a checkpoint, not a savepoint`,
        domain: 'user',
        fix: 'checkpoints share files with others; delete the folder of a job that has ended as a whole',
      });
    await discardCheckpoint(fileSystem, location);
  } finally {
    await fileSystem.close();
  }
}
