import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** The connections of one HTTP server, which can be taken away and given back as by a restart of its process. */
export class Listener {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #address: AddressInfo | null = null;
  #returning: NodeJS.Timeout | null = null;

  /** @param server before it listens */
  constructor(server: Server) {
    this.#server = server;
    server.on('listening', () => {
      const address = server.address();
      if (address !== null && typeof address === 'object') this.#address = address;
    });
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** Resets every connection, and takes none for a while. */
  interrupt(downMs: number): void {
    const at = this.#address;
    if (at === null || this.#returning !== null) return;
    this.#server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
    this.#returning = setTimeout(() => {
      this.#returning = null;
      this.#server.listen({ host: at.address, port: at.port });
    }, downMs);
  }

  /** The server ends: it does not come back. */
  end(): void {
    if (this.#returning !== null) clearTimeout(this.#returning);
    this.#returning = null;
  }
}
