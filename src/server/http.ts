import { setTimeout as wait } from 'node:timers/promises';
import Fastify, { type FastifyInstance } from 'fastify';
import { applyFaults, type FaultActions, type Faults } from './faults/index.ts';
import type { Stats } from './stats.ts';

/** Headers of a request together. */
const MAX_HEADER_BYTES = 16 << 10;
const MAX_HEADERS = 100;
/** Longest part of a path that is a parameter: names and paths of downloads. */
const MAX_PARAMETER_LENGTH = 8192;

function noSchemas(): never {
  throw new TypeError('routes validate what they are sent themselves, with zod');
}

/** What happens to every request, whatever it asks for. */
export interface Surroundings {
  readonly stats: Stats;
  readonly faults: Faults;
  readonly actions: FaultActions;
  /** Simulated round trip, in milliseconds. */
  readonly latencyMs: () => number;
  /** Told what goes wrong in a handler. */
  readonly report: (error: unknown, what: string) => void;
}

/** An HTTP server without routes. */
export function newApp(surroundings: Surroundings): FastifyInstance {
  const app = Fastify({
    logger: false,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    // No route has a schema: Fastify's compilers for them would take most of the time of a start.
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    http: { maxHeaderSize: MAX_HEADER_BYTES },
    // An upload may take as long as it takes.
    requestTimeout: 0,
  });
  app.server.maxHeadersCount = MAX_HEADERS;
  app.addHook('onRequest', async (request, reply) => {
    const latencyMs = surroundings.latencyMs();
    if (latencyMs > 0) await wait(latencyMs);
    const faults = surroundings.faults.choose(request.method, request.url);
    return faults.length > 0 ? applyFaults(faults, request, reply, surroundings.actions) : undefined;
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    surroundings.stats.request(`${request.method} ${route}`, reply.statusCode, request.raw.socket);
  });
  app.addHook('onError', async (request, _reply, error) => {
    const isClients = error.statusCode !== undefined && error.statusCode < 500;
    // Without the query: links are in the path, but passwords of share links may be in it.
    if (!isClients) surroundings.report(error, `${request.method} ${request.routeOptions.url ?? 'unknown'}`);
  });
  return app;
}
