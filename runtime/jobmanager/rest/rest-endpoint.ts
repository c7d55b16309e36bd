/** All that the JobManager serves to clients. */
import { hostPort } from '../../protocol/rpc-server.js';
import type { Logger } from '../../telemetry/log.js';
import { checkpointRoutes } from './handlers/checkpoints.js';
import { clusterRoutes } from './handlers/cluster.js';
import { jarRoutes } from './handlers/jars.js';
import { jobRoutes } from './handlers/jobs.js';
import { metricRoutes } from './handlers/metrics.js';
import { vertexRoutes } from './handlers/vertices.js';
import { AsyncOperations } from './async-operations.js';
import type { RestContext } from './rest-context.js';
import { RestServer } from './rest-server.js';
import type { Route } from './router.js';
import { UploadedArtifacts } from './uploaded-artifacts.js';

export type RestEndpointOptions = Omit<RestContext, 'operations' | 'artifacts' | 'address'> & {
  readonly host: string;
  readonly log: Logger;
};

/** A client that waits for a result gets it, unless it takes longer than this. */
const lastResultsMs = 10_000;

export class RestEndpoint {
  readonly #server: RestServer;
  readonly #operations: AsyncOperations;
  readonly #artifacts: UploadedArtifacts;

  private constructor(server: RestServer, operations: AsyncOperations, artifacts: UploadedArtifacts) {
    this.#server = server;
    this.#operations = operations;
    this.#artifacts = artifacts;
  }

  static async start({ host, log, ...options }: RestEndpointOptions): Promise<RestEndpoint> {
    const { settings, engineVersion } = options;
    const operations = new AsyncOperations(settings.asyncStoreMs);
    const artifacts = new UploadedArtifacts(engineVersion, settings.uploadDirectory);
    const scheme = settings.security.enabled ? 'https' : 'http';
    const address = (): string => `${scheme}://${hostPort(settings.address ?? host, server.port)}`;
    const routes = routesOf({ ...options, operations, artifacts, address });
    const server = await RestServer.start({ settings, host, routes, log });
    return new RestEndpoint(server, operations, artifacts);
  }

  get port(): number {
    return this.#server.port;
  }

  async close(): Promise<void> {
    await this.#operations.collected(lastResultsMs);
    this.#server.close();
    this.#artifacts.close();
  }
}

function routesOf(context: RestContext): readonly Route[] {
  return [
    ...clusterRoutes(context),
    ...jobRoutes(context),
    ...checkpointRoutes(context),
    ...jarRoutes(context),
    ...metricRoutes(context),
    ...vertexRoutes(context),
  ];
}
