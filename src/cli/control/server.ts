import { chmodSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { UsageError } from '../errors.ts';
import type { SpaceFiles } from '../files/space-files.ts';
import { Channel } from './channel.ts';
import { toWire } from './failures.ts';
import { type MountStatus, type Pending, pieceSchema, type Request, requestSchema } from './protocol.ts';

/** What the mounted process does for commands. */
export interface ControlService {
  readonly files: SpaceFiles;
  status(): Promise<MountStatus>;
  /** Waits for the server. @param signal fires when the asking side gave up */
  sync(timeoutMs: number | undefined, signal: AbortSignal): Promise<Pending>;
  /** Sends what is pending and unmounts; the process ends after the answer was sent. */
  unmount(timeoutMs: number, signal: AbortSignal): Promise<{ readonly pending: Pending; readonly cache: string }>;
  share(path: string, request: { readonly user: string; readonly permission: 'r' | 'rw' }): Promise<void>;
  shares(path: string): Promise<readonly unknown[]>;
  unshare(path: string, user: string): Promise<boolean>;
}

/** Listens for commands on a UNIX socket that only this user can reach. */
export class ControlServer {
  readonly #server: Server;
  readonly #service: ControlService;
  readonly #redact: (text: string) => string;
  readonly #open = new Set<Socket>();

  constructor(service: ControlService, redact: (text: string) => string) {
    this.#service = service;
    this.#redact = redact;
    this.#server = createServer((socket) => void this.#serve(socket));
  }

  /** @param socketPath of a socket that nobody listens on; what a dead process left there is replaced */
  async listen(socketPath: string): Promise<void> {
    await mkdir(path.dirname(socketPath), { recursive: true, mode: 0o700 });
    await rm(socketPath, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(socketPath, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    // The directory keeps others out already; this is for a directory that somebody opened up.
    chmodSync(socketPath, 0o600);
  }

  /** Takes no more connections; those that wait for an answer get it first. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#open) socket.destroySoon();
    });
  }

  async #serve(socket: Socket): Promise<void> {
    this.#open.add(socket);
    const gone = new AbortController();
    socket.once('close', () => {
      this.#open.delete(socket);
      gone.abort();
    });
    const channel = new Channel(socket);
    try {
      for (;;) {
        const message = await channel.receive();
        if (message === null) break;
        await this.#answer(channel, message, gone.signal);
      }
    } catch {
      // The connection broke or is out of step: whoever asked sees it end, and nothing of it is left here.
    } finally {
      socket.destroySoon();
    }
  }

  async #answer(channel: Channel, message: unknown, gone: AbortSignal): Promise<void> {
    const parsed = requestSchema.safeParse(message);
    if (!parsed.success) {
      const error = new UsageError('the process that has the space mounted does not know this request: remount it.');
      await channel.send({ error: toWire(error, this.#redact) });
      return;
    }
    const request = parsed.data;
    if (request.op === 'read') return this.#read(channel, request.path);
    if (request.op === 'write') return this.#write(channel, request);
    let answer: unknown;
    try {
      answer = { result: (await this.#do(request, gone)) ?? null };
    } catch (error) {
      answer = { error: toWire(error, this.#redact) };
    }
    await channel.send(answer);
  }

  #do(request: Exclude<Request, { op: 'read' | 'write' }>, gone: AbortSignal): Promise<unknown> {
    const { files } = this.#service;
    switch (request.op) {
      case 'status':
        return this.#service.status();
      case 'sync':
        return this.#service.sync(request.timeoutMs, gone);
      case 'unmount':
        return this.#service.unmount(request.timeoutMs, gone);
      case 'stat':
        return files.stat(request.path);
      case 'list':
        return files.list(request.path, { recursive: request.recursive });
      case 'mkdir':
        return files.mkdir(request.path, { parents: request.parents });
      case 'rename':
        return files.rename(request.from, request.to);
      case 'remove':
        return files.remove(request.path, { recursive: request.recursive, force: request.force });
      case 'share':
        return this.#service.share(request.path, { user: request.user, permission: request.permission });
      case 'shares':
        return this.#service.shares(request.path);
      case 'unshare':
        return this.#service.unshare(request.path, request.user);
    }
  }

  async #read(channel: Channel, path: string): Promise<void> {
    let failure: unknown;
    try {
      const { info, chunks } = await this.#service.files.read(path);
      await channel.send({ result: info });
      for await (const chunk of chunks) {
        if (chunk.length === 0) continue;
        await channel.send({ bytes: chunk.length });
        await channel.sendBytes(chunk);
      }
    } catch (error) {
      failure = error;
    }
    // Before the description or instead of the next piece: both sides read a failure in either place.
    await channel.send(failure === undefined ? { bytes: 0 } : { error: toWire(failure, this.#redact) });
  }

  async #write(channel: Channel, request: Request & { op: 'write' }): Promise<void> {
    const incoming = pieces(channel);
    let failure: unknown;
    try {
      const { mtimeMs, permissions } = request;
      // `return` of the generator must not be called when the write fails early: the rest is still to be read.
      await this.#service.files.write(
        request.path,
        { [Symbol.asyncIterator]: () => ({ next: () => incoming.next() }) },
        {
          mtimeMs,
          permissions,
        },
      );
    } catch (error) {
      failure = error;
    }
    await channel.send(failure === undefined ? { result: null } : { error: toWire(failure, this.#redact) });
    if (failure === undefined) return;
    // The sender may be in the middle of it: what it has sent is read and dropped, so that its next request is found.
    for await (const piece of incoming) void piece;
  }
}

async function* pieces(channel: Channel): AsyncGenerator<Uint8Array> {
  for (;;) {
    const piece = pieceSchema.parse(await channel.receive());
    if ('error' in piece) throw new UsageError(piece.error.line);
    if (piece.bytes === 0) return;
    yield await channel.receiveBytes(piece.bytes);
  }
}
