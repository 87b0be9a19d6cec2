import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Fault, FaultActions } from './rules.ts';

/**
 * Lets faults happen to a request, before it is handled.
 *
 * @returns the reply when the request is not to be handled any more
 */
export async function applyFaults(
  faults: readonly Fault[],
  request: FastifyRequest,
  reply: FastifyReply,
  actions: FaultActions,
): Promise<FastifyReply | undefined> {
  for (const fault of faults) {
    switch (fault.kind) {
      case 'delay':
        await wait(fault.ms);
        break;
      case 'reset-before':
        request.raw.socket.resetAndDestroy();
        return reply.hijack();
      case 'status':
        return reply.status(fault.status).send(Buffer.alloc(0));
      case 'throttled':
        if (fault.retryAfterS !== undefined) reply.header('retry-after', fault.retryAfterS);
        return reply
          .status(429)
          .header('content-type', 'application/json')
          .send(Buffer.from('{"detail":"Request was throttled."}'));
      case 'lost-reply':
        cutAfter(reply.raw, 0, true);
        break;
      case 'reset-within':
        cutAfter(reply.raw, fault.afterBytes, false);
        break;
      case 'trickle':
        trickle(reply.raw, fault.bytesPerSecond);
        break;
      case 'slow-upload':
        slowUpload(request.raw, fault.bytesPerSecond);
        break;
      case 'revoke-tokens':
        actions.revokeAllTokens();
        break;
      case 'forget-links':
        actions.forgetLinks();
        break;
      case 'collected':
        actions.countCollection();
        break;
      case 'restart':
        actions.restart(fault.downMs);
        return reply.hijack();
    }
  }
  return undefined;
}

type Chunk = string | Uint8Array | undefined;

const bytesOf = (chunk: Chunk): Buffer => (chunk === undefined ? Buffer.alloc(0) : Buffer.from(chunk as Uint8Array));

/** Resets the connection once so many bytes of the body were sent; with `silent` not even the headers are. */
function cutAfter(response: ServerResponse, limit: number, silent: boolean): void {
  let left = limit;
  const write = response.write.bind(response);
  const cut = (): void => {
    response.socket?.resetAndDestroy();
  };
  const send = (chunk: Chunk): boolean => {
    if (silent) {
      cut();
      return false;
    }
    const bytes = bytesOf(chunk);
    const part = bytes.subarray(0, left);
    left -= part.length;
    if (part.length === bytes.length && left > 0) return write(bytes);
    write(part, cut);
    return false;
  };
  override(response, send, () => cut());
}

const TICK_MS = 50;

/** Sends the body at a steady speed. */
function trickle(response: ServerResponse, bytesPerSecond: number): void {
  const write = response.write.bind(response);
  const end = response.end.bind(response);
  let queue = Buffer.alloc(0);
  let ending = false;
  const timer = setInterval(() => {
    const piece = queue.subarray(0, Math.max(1, Math.round((bytesPerSecond * TICK_MS) / 1000)));
    queue = queue.subarray(piece.length);
    if (piece.length > 0) write(piece);
    if (queue.length > 0 || response.destroyed) return;
    if (ending) {
      clearInterval(timer);
      end();
    } else response.emit('drain');
  }, TICK_MS);
  response.on('close', () => clearInterval(timer));
  const send = (chunk: Chunk): boolean => {
    queue = Buffer.concat([queue, bytesOf(chunk)]);
    return false;
  };
  override(response, send, (chunk) => {
    send(chunk);
    ending = true;
  });
}

/**
 * Hands a request's body on at a steady speed. Node's parser stops reading from the socket when a piece is not taken at
 * once, and goes on when the reader asks for more: the client feels it.
 */
function slowUpload(request: IncomingMessage, bytesPerSecond: number): void {
  const push = request.push.bind(request);
  const queue: (Buffer | null)[] = [];
  let timer: NodeJS.Timeout | undefined;
  const next = (): void => {
    const [piece] = queue;
    if (piece === undefined || timer !== undefined) return;
    timer = setTimeout(
      () => {
        timer = undefined;
        queue.shift();
        if (request.destroyed) return;
        push(piece);
        next();
      },
      ((piece?.length ?? 0) * 1000) / bytesPerSecond,
    );
  };
  request.push = (piece: Buffer | null) => {
    queue.push(piece);
    next();
    return false;
  };
  request.on('close', () => clearTimeout(timer));
}

/** Puts other functions in place of a response's `write` and `end`; their optional arguments are not used here. */
function override(response: ServerResponse, write: (chunk: Chunk) => boolean, end: (chunk: Chunk) => void): void {
  response.write = ((chunk: Chunk) => write(chunk)) as ServerResponse['write'];
  response.end = ((chunk?: Chunk) => {
    if (chunk !== undefined && typeof chunk !== 'function') write(chunk);
    end(undefined);
    return response;
  }) as ServerResponse['end'];
}
