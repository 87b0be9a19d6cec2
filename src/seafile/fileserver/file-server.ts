import { z } from 'zod';
import { SeafileError } from '../errors.ts';
import { answerText, type Transport } from '../http/index.ts';
import type { LibraryId } from '../objects/index.ts';
import { baseUrl, type Server } from '../server.ts';
import { createDefaultLibrary, uploadLink, type WebClient } from '../web/index.ts';

/** The part of a server that serves content and the sync protocol. */
export interface FileServer {
  /** Base URL, with a slash at the end. */
  readonly url: URL;
  readonly transport: Transport;
}

export interface DiscoverOptions {
  /** Where the user says it is: then nothing else is tried. */
  readonly fileServer?: string | URL;
  /** A library to ask an upload link for; the default library when it is left out or read-only. */
  readonly library?: LibraryId;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds the file server: below the server's own URL where a proxy puts it, otherwise at the base of a link that the
 * server gives, which may be another host or port without the prefix (seafile-api 0.1).
 *
 * @throws SeafileError `not-seafile` when none of the places answers
 */
export async function discoverFileServer(web: WebClient, options: DiscoverOptions = {}): Promise<FileServer> {
  const { server } = web;
  if (options.fileServer !== undefined) {
    const url = baseUrl(options.fileServer);
    if (await answersProtocolVersion(server.transport, url, options.signal)) {
      return { url, transport: server.transport };
    }
    throw new SeafileError('not-seafile', `No Seafile file server answers at ${url}. Check the option fileServer.`);
  }
  const usual = new URL('seafhttp/', server.url);
  if (await answersProtocolVersion(server.transport, usual, options.signal)) {
    return { url: usual, transport: server.transport };
  }
  const told = baseOfLink(await someLink(web, options));
  if (told && (await answersProtocolVersion(server.transport, told, options.signal))) {
    return { url: told, transport: server.transport };
  }
  throw new SeafileError(
    'not-seafile',
    `Cannot find the file server of ${server.url.host}: tried ${usual}${told ? ` and ${told}` : ''}. Give its URL with the option fileServer.`,
  );
}

/** Everything before the route that the link is for. */
export function baseOfLink(link: string): URL | null {
  const route = /\/(?:upload-api|upload-aj|update-api|files|blks|upload-raw-blks-api)\//.exec(link);
  return route ? baseUrl(link.slice(0, route.index)) : null;
}

async function someLink(web: WebClient, options: DiscoverOptions): Promise<string> {
  if (options.library) {
    try {
      return await uploadLink(web, options.library, '/', options.signal);
    } catch (error) {
      // A library that may only be read gives no upload link; any other library's link names the same file server.
      if (!(error instanceof SeafileError) || error.kind !== 'forbidden') throw error;
    }
  }
  return uploadLink(web, await createDefaultLibrary(web, options.signal), '/', options.signal);
}

async function answersProtocolVersion(
  transport: Server['transport'],
  base: URL,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    const answer = await transport.request({
      what: 'look for the file server',
      method: 'GET',
      url: new URL('protocol-version', base),
      side: 'file',
      repeatable: true,
      signal,
    });
    return z.object({ version: z.number() }).safeParse(JSON.parse(answerText(answer))).success;
  } catch (error) {
    if (error instanceof SyntaxError) return false; // a page, not the file server
    // A refusal means that something else answers there; an unreachable place is not the file server either, unless the
    // caller cancelled.
    if (error instanceof SeafileError && error.kind !== 'aborted') return false;
    throw error;
  }
}
