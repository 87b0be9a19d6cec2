import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { parseJson } from '../json.ts';
import type { Ticket, Tickets } from './tickets.ts';

/** Where the websocket is, below the web application's base. */
export const NOTIFICATION_PATH = '/notification';

const PING_EVERY_MS = 1000;
/** A client that answers no ping for so long is gone (seafile-api H.1). */
const SILENCE_MS = 5000;
const MAX_MESSAGE_BYTES = 1 << 20;

const message = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('subscribe'),
    content: z.object({ repos: z.array(z.object({ id: z.string(), jwt_token: z.string() })) }),
  }),
  z.object({
    type: z.literal('unsubscribe'),
    content: z.object({ repos: z.array(z.object({ id: z.string() })) }),
  }),
]);

/**
 * The notification server: tells subscribed clients of each new head (seafile-api H.1).
 *
 * It replays nothing: who was not connected asks for the heads once he is.
 */
export class Notifier {
  readonly #tickets: Tickets;
  readonly #may: (ticket: Ticket) => boolean;
  readonly #sockets: WebSocketServer;
  readonly #clients = new Map<WebSocket, Client>();
  readonly #timer: NodeJS.Timeout;
  readonly #now: () => number;

  /**
   * @param may whether the holder of a valid ticket may still read the library
   * @param now milliseconds since 1970
   */
  constructor(tickets: Tickets, may: (ticket: Ticket) => boolean, now: () => number) {
    this.#tickets = tickets;
    this.#may = may;
    this.#now = now;
    this.#sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
    this.#timer = setInterval(() => this.#check(), PING_EVERY_MS);
    this.#timer.unref();
  }

  /** Takes over a connection that asks to become a websocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#sockets.handleUpgrade(request, socket, head, (client) => this.#join(client));
  }

  #join(socket: WebSocket): void {
    const client: Client = { tickets: new Map(), heardAt: performance.now() };
    this.#clients.set(socket, client);
    const heard = (): void => {
      client.heardAt = performance.now();
    };
    socket.on('pong', heard);
    socket.on('message', (data) => {
      heard();
      this.#receive(socket, client, String(data));
    });
    socket.on('close', () => this.#clients.delete(socket));
    // The close that follows cleans up.
    socket.on('error', () => socket.terminate());
  }

  #receive(socket: WebSocket, client: Client, text: string): void {
    const read = message.safeParse(parse(text));
    // A message that is not understood ends the connection, as on the real server.
    if (!read.success) {
      socket.close();
      return;
    }
    if (read.data.type === 'unsubscribe') {
      for (const { id } of read.data.content.repos) client.tickets.delete(id);
      return;
    }
    for (const { id, jwt_token: token } of read.data.content.repos) {
      const ticket = this.#tickets.read(token);
      if (ticket?.library === id && this.#may(ticket)) client.tickets.set(id, ticket);
      else sendEvent(socket, 'jwt-expired', { repo_id: id });
    }
  }

  /** Tells whoever subscribed that a library has a new head. */
  moved(library: string, commit: string): void {
    for (const [socket, client] of this.#clients) {
      const ticket = client.tickets.get(library);
      if (ticket && this.#may(ticket)) sendEvent(socket, 'repo-update', { repo_id: library, commit_id: commit });
    }
  }

  #check(): void {
    for (const [socket, client] of this.#clients) {
      if (performance.now() - client.heardAt > SILENCE_MS) socket.terminate();
      else socket.ping();
      for (const [id, ticket] of client.tickets) {
        if (ticket.expires * 1000 > this.#now()) continue;
        client.tickets.delete(id);
        sendEvent(socket, 'jwt-expired', { repo_id: id });
      }
    }
  }

  close(): void {
    clearInterval(this.#timer);
    for (const socket of this.#clients.keys()) socket.terminate();
    this.#sockets.close();
  }
}

interface Client {
  readonly tickets: Map<string, Ticket>;
  /** On the monotonic clock, in milliseconds. */
  heardAt: number;
}

function sendEvent(socket: WebSocket, type: string, content: Record<string, string>): void {
  socket.send(JSON.stringify({ type, content }));
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    // Not JSON: no message, like any other that is not understood.
    return undefined;
  }
}
