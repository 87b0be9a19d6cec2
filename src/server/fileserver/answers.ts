import type { FastifyReply } from 'fastify';

/** A file server's answer that ends a request early. */
export class FileServerError extends Error {
  override readonly name = 'FileServerError';
  readonly status: number;
  readonly body: string;
  readonly type: string | undefined;

  constructor(status: number, body: string, type: string | undefined) {
    super(`refused with ${status}: ${body.trim()}`);
    this.status = status;
    this.body = body;
    this.type = type;
  }
}

export const UPLOAD_JSON = 'application/json; charset=utf-8';

/**
 * An error of the upload family. Most of its texts end in a raw newline inside the JSON string, which no strict parser
 * takes (seafile-api 0.3, L 11).
 */
export function uploadError(status: number, text: string, newline = true): FileServerError {
  return new FileServerError(status, `{"error": "${text}${newline ? '\n' : ''}"}`, UPLOAD_JSON);
}

/** An error of the download family: plain text. */
export function downloadError(status: number, text: string): FileServerError {
  return new FileServerError(status, `${text}\n`, 'text/plain');
}

/** An error of the sync protocol: the status alone. */
export function syncError(status: number, body = ''): FileServerError {
  return new FileServerError(status, body, body === '' ? undefined : 'text/plain');
}

/** Sends a body as it is: Fastify leaves bytes and their type alone. */
export function sendBytes(reply: FastifyReply, status: number, body: string | Uint8Array, type?: string): FastifyReply {
  const bytes =
    typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  reply.status(status).header('content-length', bytes.length);
  if (type !== undefined) reply.header('content-type', type);
  return reply.send(bytes);
}
