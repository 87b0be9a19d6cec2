import { once } from 'node:events';
import type { FastifyReply } from 'fastify';

/**
 * Sends bytes as they are read, never more at once than the client takes.
 *
 * When reading fails in the middle, the connection is closed: what was promised in `Content-Length` cannot be sent any
 * more, and the client has to see that.
 */
export async function sendStream(
  reply: FastifyReply,
  status: number,
  headers: Readonly<Record<string, string | number>>,
  source: AsyncIterable<Buffer>,
): Promise<FastifyReply> {
  reply.hijack();
  const response = reply.raw;
  response.writeHead(status, headers as Record<string, string | number>);
  try {
    for await (const bytes of source) {
      if (response.destroyed) return reply;
      if (!response.write(bytes)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
    }
    response.end();
  } catch (error) {
    reply.log.error({ err: error }, 'a download ended early');
    response.destroy();
  }
  return reply;
}
