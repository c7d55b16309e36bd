/** Programs: artifacts take the place of Flink's jars. */
import { RuntimeFault } from '../../../contract/fault.js';
import { programArguments } from '../program-arguments.js';
import { badRequest, RestError } from '../rest-error.js';
import { idOf, type RestContext } from '../rest-context.js';
import { queryFields, type Fields, type RestRequest } from '../request.js';
import type { Route } from '../router.js';
import { jobPlanOf } from '../plan-preview.js';
import type { UploadedArtifacts } from '../uploaded-artifacts.js';

export function jarRoutes(context: RestContext): readonly Route[] {
  /** The leader's: what a standby kept would be missing where its job is submitted. */
  const artifacts = (): UploadedArtifacts => {
    context.leadership();
    return context.artifacts;
  };
  const preview = (request: RestRequest): unknown => ({
    plan: jobPlanOf(artifacts().get(request.params['jarid']!).artifact, runParameters(request).parallelism),
  });
  return [
    {
      method: 'GET',
      path: '/jars',
      handle: () => ({
        address: context.address(),
        files: artifacts().all.map(({ id, name, uploaded, artifact }) => ({
          id,
          name,
          uploaded,
          entry: [{ name: artifact.plan.jobName, description: null }],
        })),
      }),
    },
    {
      method: 'POST',
      path: '/jars/upload',
      files: true,
      handle: ({ files }) => {
        checkSubmit(context);
        const [file, ...more] = files;
        if (!file || more.length > 0) throw badRequest('Exactly 1 file must be sent.');
        return { filename: artifacts().add(file.name, file.bytes).path, status: 'success' };
      },
    },
    {
      method: 'DELETE',
      path: '/jars/:jarid',
      handle: ({ params }) => artifacts().delete(params['jarid']!),
    },
    { method: 'GET', path: '/jars/:jarid/plan', handle: preview },
    { method: 'POST', path: '/jars/:jarid/plan', handle: preview },
    {
      method: 'POST',
      path: '/jars/:jarid/run',
      handle: async request => {
        checkSubmit(context);
        const { artifact } = artifacts().get(request.params['jarid']!);
        const { dispatcher } = context.leadership();
        try {
          const job = await dispatcher.submit({ artifact, ...runParameters(request) });
          return { jobid: job.jobId };
        } catch (error) {
          // A storage that cannot be read, or state that does not fit, is told as it is.
          if (error instanceof RuntimeFault && error.domain === 'external')
            throw new RestError(
              400,
              `${error.code}: ${error.message}${error.fix === null ? '' : `\nfix: ${error.fix}`}`,
            );
          throw error;
        }
      },
    },
  ];
}

function checkSubmit({ settings }: RestContext): void {
  if (!settings.submitEnabled)
    throw new RestError(403, 'Submitting jobs is switched off (web.submit.enable).');
}

interface RunParameters {
  readonly parallelism: number | undefined;
  readonly params: Readonly<Record<string, string>>;
  readonly configuration: Readonly<Record<string, string>>;
  readonly restore: string | undefined;
  readonly jobId: string | undefined;
}

/** The body wins over the query. */
function runParameters({ body, query }: RestRequest): RunParameters {
  const fromQuery = queryFields(query, {
    parallelism: 'parallelism',
    allowNonRestoredState: 'allowNonRestoredState',
    savepointPath: 'savepointPath',
    programArgs: 'program-args',
    claimMode: 'claimMode',
    restoreMode: 'restoreMode',
  });
  const first = <T>(read: (fields: Fields) => T | undefined): T | undefined => read(body) ?? read(fromQuery);
  const jobId = body.string('jobId');
  const modes = ['CLAIM', 'NO_CLAIM', 'LEGACY'] as const;
  const claimMode =
    first(fields => fields.oneOf('claimMode', modes)) ?? first(fields => fields.oneOf('restoreMode', modes));
  if (claimMode === 'LEGACY') throw badRequest('Claim mode LEGACY is gone: use CLAIM or NO_CLAIM.');
  const ignoresUnclaimed = first(fields => fields.boolean('allowNonRestoredState'));
  return {
    parallelism: first(fields => fields.integer('parallelism', 1)),
    params: programArguments(
      body.strings('programArgsList') ?? query.get('programArg')?.split(','),
      first(fields => fields.string('programArgs')),
    ),
    configuration: {
      ...body.stringMap('flinkConfiguration'),
      ...(claimMode === undefined ? {} : { 'execution.state-recovery.claim-mode': claimMode }),
      ...(ignoresUnclaimed === undefined
        ? {}
        : { 'execution.state-recovery.ignore-unclaimed-state': String(ignoresUnclaimed) }),
    },
    restore: first(fields => fields.string('savepointPath')),
    jobId: jobId === undefined ? undefined : idOf('job', jobId),
  };
}
