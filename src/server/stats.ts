import type { Socket } from 'node:net';

/** What one route was asked for and carried. */
export interface RouteStats {
  requests: number;
  /** Answers of 400 and above. */
  errors: number;
  /** Bytes from clients, headers included. */
  bytesIn: number;
  /** Bytes to clients, headers included. */
  bytesOut: number;
}

/** Counters since the start, or since the last reset. */
export interface ServerStats extends RouteStats {
  /** Changes of libraries that clients made; merges and what shares carry over are not counted. */
  commits: number;
  /** By `METHOD /route`, e.g. `PUT /repo/:id/block/:block`. */
  routes: Record<string, RouteStats>;
}

const none = (): RouteStats => ({ requests: 0, errors: 0, bytesIn: 0, bytesOut: 0 });

/** Counts requests, commits and bytes. */
export class Stats {
  #total = none();
  #commits = 0;
  #routes = new Map<string, RouteStats>();
  readonly #sockets = new WeakMap<Socket, { read: number; written: number }>();

  commit(): void {
    this.#commits += 1;
  }

  /** Counts an answered request. The bytes are those that the socket carried since the answer before it. */
  request(route: string, status: number, socket: Socket): void {
    const before = this.#sockets.get(socket) ?? { read: 0, written: 0 };
    const now = { read: socket.bytesRead, written: socket.bytesWritten };
    this.#sockets.set(socket, now);
    let counters = this.#routes.get(route);
    if (!counters) {
      counters = none();
      this.#routes.set(route, counters);
    }
    for (const each of [counters, this.#total]) {
      each.requests += 1;
      if (status >= 400) each.errors += 1;
      each.bytesIn += now.read - before.read;
      each.bytesOut += now.written - before.written;
    }
  }

  read(): ServerStats {
    const routes = Object.fromEntries([...this.#routes].map(([route, counters]) => [route, { ...counters }]));
    return { ...this.#total, commits: this.#commits, routes };
  }

  reset(): void {
    this.#total = none();
    this.#commits = 0;
    this.#routes = new Map();
  }
}
