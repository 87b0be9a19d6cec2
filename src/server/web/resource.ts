import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { NoLibraryError, PathTooLongError } from '../libraries/index.ts';
import { kept, type Site } from '../site.ts';
import { type Answer, detail, fail, Refusal } from './answers.ts';
import { Call } from './call.ts';
import { identify } from './identify.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type Handler = (call: Call) => Answer | Promise<Answer>;

/** What a resource answers, by method. */
export type Handlers = Partial<Record<Method, Handler>>;

export interface ResourceOptions {
  /** Who may come: an account, anybody, or who holds a library token (seafile-api A.5). */
  readonly open?: 'account' | 'anybody' | 'library-token';
}

/** A resource as its routes know it. */
export interface Resource {
  readonly handlers: Handlers;
  readonly options: ResourceOptions;
}

const METHODS: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/**
 * Declares a resource of the web API. Only the methods it has become routes: to make one takes Fastify a tenth of a
 * millisecond. {@link answer} says 405 with `Allow` to all others.
 */
export function resource(
  app: FastifyInstance,
  site: Site,
  url: string,
  handlers: Handlers,
  options: ResourceOptions = {},
): void {
  const declared: Resource = { handlers, options };
  app.route({
    method: methodsOf(handlers),
    url,
    config: { resource: declared },
    handler: (request, reply) => answer(site, request, reply, declared),
  });
}

function methodsOf(handlers: Handlers): string[] {
  return [...METHODS.filter((method) => handlers[method]), ...(handlers.GET ? ['HEAD'] : [])];
}

/** Answers a request for a resource, also one whose method it does not have. */
export async function answer(
  site: Site,
  request: FastifyRequest,
  reply: FastifyReply,
  { handlers, options }: Resource,
): Promise<FastifyReply> {
  reply.header('allow', [...methodsOf(handlers), 'OPTIONS'].join(', '));
  return send(reply, await respond(site, request, handlers, options));
}

async function respond(
  site: Site,
  request: FastifyRequest,
  handlers: Handlers,
  options: ResourceOptions,
): Promise<Answer> {
  try {
    const caller = identify(site, request, options.open ?? 'account');
    limit(site, request, caller.account);
    if (request.method === 'OPTIONS') return { json: {} };
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const handler = handlers[method as Method]; // A method that is not of ours finds no handler.
    if (!handler) throw detail(405, `Method "${request.method}" not allowed.`);
    const answer = await handler(new Call(site, request, caller));
    if (method !== 'GET') await kept(site);
    return answer;
  } catch (error) {
    if (error instanceof Refusal) return error.answer;
    if (error instanceof NoLibraryError) return fail(404, 'Library not found.').answer;
    if (error instanceof PathTooLongError) return fail(400, error.message).answer;
    throw error;
  }
}

/** @throws Refusal 429 (seafile-api A.6) */
function limit(site: Site, request: FastifyRequest, account: string): void {
  const seconds = account === '' ? site.throttle?.anonymous(request.ip) : site.throttle?.account(account);
  if (seconds === undefined) return;
  const text = `Request was throttled. Expected available in ${seconds} second${seconds === 1 ? '' : 's'}.`;
  throw new Refusal({ status: 429, json: { detail: text }, headers: { 'retry-after': String(seconds) } });
}

function send(reply: FastifyReply, answer: Answer): FastifyReply {
  const text = answer.text ?? JSON.stringify(answer.json);
  return (
    reply
      .status(answer.status ?? 200)
      .headers(answer.headers ?? {})
      .header('content-type', answer.type ?? 'application/json')
      // As bytes: Fastify adds a charset to the type of a text.
      .send(Buffer.from(text))
  );
}
