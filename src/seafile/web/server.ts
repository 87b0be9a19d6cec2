import { z } from 'zod';
import { SeafileError, type SeafileErrorKind } from '../errors.ts';
import { unexpectedAnswer } from '../http/failures.ts';
import { answerText, type HttpRequest } from '../http/index.ts';
import { answerJson } from '../http/json.ts';
import type { Server } from '../server.ts';

/** What a server tells about itself to anybody. */
export interface ServerInfo {
  /** For example `10.0.1`. */
  readonly version: string;
  /** First number of the version; 0 when it has none. */
  readonly major: number;
  readonly features: readonly string[];
}

const serverInfoOnWire = z.object({ version: z.string(), features: z.array(z.string()).default([]) });

/** Finds out whether a Seafile server answers. @throws SeafileError `not-seafile`, `unreachable` */
export async function ping(server: Server, signal?: AbortSignal): Promise<void> {
  const request = open(server, 'reach the server', 'api2/ping/', signal);
  const answer = await server.transport.request(request).catch((error: unknown) => {
    // Every Seafile server has this route, for everybody: one that refuses it is another server.
    throw error instanceof SeafileError && REFUSALS.includes(error.kind) ? notSeafile(error) : error;
  });
  if (answerText(answer).trim() === '"pong"') return;
  throw notSeafile(unexpectedAnswer(request, answer, 'something else than "pong"'));
}

/** Version and features (seafile-api B.7). */
export async function serverInfo(server: Server, signal?: AbortSignal): Promise<ServerInfo> {
  const request = open(server, 'ask for the version of the server', 'api2/server-info/', signal);
  const info = answerJson(request, await server.transport.request(request), serverInfoOnWire);
  return { ...info, major: Number(/^\d+/.exec(info.version)?.[0] ?? 0) };
}

const REFUSALS: readonly SeafileErrorKind[] = ['not-found', 'forbidden', 'unauthorized', 'rejected', 'not-seafile'];

function notSeafile(failure: SeafileError): SeafileError {
  const [what = ''] = failure.message.split('. ', 1);
  return new SeafileError(
    'not-seafile',
    `${what.replace(/\.$/, '')}. Check the server URL: a Seafile server should answer there.`,
    {
      ...(failure.status === undefined ? {} : { status: failure.status }),
      cause: failure,
    },
  );
}

function open(server: Server, what: string, path: string, signal?: AbortSignal): HttpRequest {
  return { what, method: 'GET', url: server.at(path), side: 'web', repeatable: true, signal };
}
