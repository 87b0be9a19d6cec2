import { connect, type Socket } from 'node:net';
import * as z from 'zod';
import { CliError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import type { FileAttributes, FileContent, FileInfo, SpaceFiles } from '../files/space-files.ts';
import { Channel } from './channel.ts';
import { RemoteFailure } from './failures.ts';
import { answerSchema, fileInfoSchema, pieceSchema, type Request } from './protocol.ts';

/** A connection to the process that has a space mounted. One request at a time. */
export class ControlClient {
  readonly #channel: Channel;

  private constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** @throws the system's error (ENOENT, ECONNREFUSED) when nobody listens */
  static async open(socketPath: string, signal?: AbortSignal): Promise<ControlClient> {
    const socket = await new Promise<Socket>((resolve, reject) => {
      const connecting = connect(socketPath);
      connecting.once('error', reject);
      connecting.once('connect', () => {
        connecting.off('error', reject);
        resolve(connecting);
      });
    });
    const channel = new Channel(socket);
    signal?.addEventListener('abort', () => socket.destroy(signal.reason), { once: true });
    if (signal?.aborted) socket.destroy(signal.reason);
    return new ControlClient(channel);
  }

  /** Asks, and reads the answer as a certain form. */
  async ask<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
    await this.#channel.send(request);
    return this.#answer(schema);
  }

  /** Asks for a file's bytes: the description at once, the bytes as they are gone through. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const piece = pieceSchema.parse(await this.#channel.receive());
      if ('error' in piece) throw new RemoteFailure(piece.error);
      if (piece.bytes === 0) return;
      yield await this.#channel.receiveBytes(piece.bytes);
    }
  }

  /** Asks to take a file's bytes, and sends them. */
  async upload(request: Request & { op: 'write' }, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#channel.send(request);
    const answer = this.#answer(z.unknown());
    // The other side may refuse before all is sent: then the rest need not travel.
    let refused = false;
    answer.catch(() => {
      refused = true;
    });
    try {
      for await (const chunk of chunks) {
        if (refused) break;
        if (chunk.length === 0) continue;
        await this.#channel.send({ bytes: chunk.length });
        await this.#channel.sendBytes(chunk);
      }
      if (!refused) await this.#channel.send({ bytes: 0 });
    } catch (error) {
      // The source failed, or the connection: without an end the other side keeps nothing.
      this.#channel.destroy();
      if (refused) await answer;
      throw error;
    }
    await answer;
  }

  close(): void {
    this.#channel.destroy();
  }

  async #answer<T>(schema: z.ZodType<T>): Promise<T> {
    const message = await this.#channel.receive();
    if (message === null) {
      throw new CliError(EXIT.failed, 'the process that has the space mounted ended before it answered: see its log.');
    }
    const answer = answerSchema.parse(message);
    if ('error' in answer) throw new RemoteFailure(answer.error);
    return schema.parse(answer.result);
  }
}

const nothing = z.unknown();

/** The files of a space that another process has mounted. */
export class ControlFiles implements SpaceFiles {
  readonly #client: ControlClient;

  constructor(client: ControlClient) {
    this.#client = client;
  }

  stat(path: string): Promise<FileInfo> {
    return this.#client.ask({ op: 'stat', path }, fileInfoSchema);
  }

  list(path: string, { recursive }: { readonly recursive: boolean }): Promise<readonly FileInfo[]> {
    return this.#client.ask({ op: 'list', path, recursive }, z.array(fileInfoSchema));
  }

  async read(path: string): Promise<FileContent> {
    const info = await this.#client.ask({ op: 'read', path }, fileInfoSchema);
    return { info, chunks: this.#client.chunks() };
  }

  write(path: string, chunks: AsyncIterable<Uint8Array>, attributes: FileAttributes): Promise<void> {
    return this.#client.upload({ op: 'write', path, ...attributes }, chunks);
  }

  async mkdir(path: string, { parents }: { readonly parents: boolean }): Promise<void> {
    await this.#client.ask({ op: 'mkdir', path, parents }, nothing);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#client.ask({ op: 'rename', from, to }, nothing);
  }

  async remove(
    path: string,
    { recursive, force }: { readonly recursive: boolean; readonly force: boolean },
  ): Promise<void> {
    await this.#client.ask({ op: 'remove', path, recursive, force }, nothing);
  }

  async sync(): Promise<void> {
    await this.#client.ask({ op: 'sync' }, nothing);
  }

  sentBytes(): null {
    return null;
  }

  async close(): Promise<void> {
    this.#client.close();
  }
}
