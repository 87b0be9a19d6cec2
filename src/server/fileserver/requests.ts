import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { sendBytes } from './answers.ts';

/** A route that is known with and without a slash at its end. */
export function either(
  app: FastifyInstance,
  method: 'GET' | 'POST' | 'PUT',
  url: string,
  handler: RouteHandlerMethod,
): void {
  for (const each of [url, `${url}/`]) app.route({ method, url: each, handler });
}

/** JSON, labelled as plain text as the real server does. */
export function sendJson(reply: FastifyReply, value: unknown): FastifyReply {
  return sendBytes(reply, 200, JSON.stringify(value), 'text/plain');
}

export function param(request: FastifyRequest, name: string): string {
  const params = request.params as Record<string, string>; // Fastify: every parameter of a route is a string.
  return params[name] ?? '';
}

export function queryValue(request: FastifyRequest, name: string): string | undefined {
  const query = request.query as Record<string, string | string[] | undefined>; // Fastify's own parser.
  const value = query[name];
  return Array.isArray(value) ? value.at(-1) : value;
}
