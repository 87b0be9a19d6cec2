import type { ServerResponse } from 'node:http';
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
  response.writeHead(status, headers);
  const flow = new Flow(response);
  try {
    for await (const bytes of source) {
      if (!response.write(bytes)) await flow.ready();
      if (response.destroyed) return reply;
    }
    response.end();
  } catch (error) {
    reply.log.error({ err: error }, 'a download ended early');
    response.destroy();
  }
  return reply;
}

/** Waits until a response takes more: one pair of listeners for all of its waits. */
class Flow {
  readonly #response: ServerResponse;
  #wake: (() => void) | undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
    const wake = (): void => {
      this.#wake?.();
      this.#wake = undefined;
    };
    response.on('drain', wake);
    response.on('close', wake);
  }

  async ready(): Promise<void> {
    if (this.#response.destroyed || !this.#response.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}
