import { z } from 'zod';
import type { FileServer } from '../fileserver/index.ts';
import { type BodyReceiver, Secret } from '../http/index.ts';
import { answerJson } from '../http/json.ts';
import type { BlockId, Commit, CommitId, EncodedObject, FileId, LibraryId } from '../objects/index.ts';
import { blockMap, checkBlocks, getBlock, putBlock, receiveBlock } from './blocks.ts';
import { getCommit, getHead, putCommit, setHead } from './commits.ts';
import { SyncConnection, type SyncTokenSource } from './connection.ts';
import { checkFs, packFs, recvFs, type TreeObjectId } from './trees.ts';

/** Who is told to the server as the one that syncs; shown to people in the list of devices. */
export interface SyncDevice {
  /** 40 hex digits, the same for the life of this installation. */
  readonly id: string;
  readonly name: string;
  /** For example `0.1.0`. */
  readonly version: string;
}

export interface SyncClientOptions {
  readonly fileServer: FileServer;
  readonly library: LibraryId;
  /** Sync token of the library (`syncAccess`). */
  readonly token: Secret;
  /** Where another one comes from when the server has forgotten it. */
  readonly renewToken?: SyncTokenSource;
  readonly device: SyncDevice;
}

/**
 * Seafile's sync protocol for one library (seafile-api G). Every method is one question or one step; their order is the
 * caller's business. All reject with `SeafileError`.
 */
export class SyncClient {
  readonly library: LibraryId;
  readonly #sync: SyncConnection;
  readonly #device: SyncDevice;

  constructor(options: SyncClientOptions) {
    this.library = options.library;
    this.#device = options.device;
    this.#sync = new SyncConnection(options.fileServer, options.library, options.token, options.renewToken);
  }

  /** The newest commit. @throws SeafileError `library-gone`, `library-corrupted`, `forbidden` */
  head(signal?: AbortSignal): Promise<CommitId> {
    return getHead(this.#sync, signal);
  }

  commit(id: CommitId, signal?: AbortSignal): Promise<Commit> {
    return getCommit(this.#sync, id, signal);
  }

  putCommit(commit: Commit, signal?: AbortSignal): Promise<void> {
    return putCommit(this.#sync, commit, signal);
  }

  /**
   * Makes a stored commit the head. When the head has moved since its parent the server merges, and says nothing: read
   * the head afterwards (seafile-api G.4). Never repeated by itself: after `unreachable` or `server-failed` look for the
   * commit in the history first.
   *
   * @throws SeafileError `blocks-missing`, `gc-conflict`, `quota`, `forbidden`
   */
  setHead(id: CommitId, signal?: AbortSignal): Promise<void> {
    return setHead(this.#sync, id, signal);
  }

  /**
   * Asks afresh whether the account may read (`download`) or write (`upload`); other calls go by what the server
   * remembers for two hours (seafile-api G).
   *
   * @throws SeafileError `forbidden` when it may not
   */
  async permissionCheck(op: 'download' | 'upload', signal?: AbortSignal): Promise<void> {
    const query = new URLSearchParams({
      op,
      client_id: this.#device.id,
      client_name: this.#device.name,
      client_ver: this.#device.version,
    });
    const verb = op === 'upload' ? 'write to' : 'read';
    await this.#sync.send(
      this.#sync.request(`permission-check/?${query}`, {
        what: `${verb} library ${this.library}`,
        repeatable: true,
        signal,
      }),
    );
  }

  /** @throws SeafileError `quota` when `bytes` more would be too much for the owner of the library */
  async quotaCheck(bytes: number, signal?: AbortSignal): Promise<void> {
    await this.#sync.send(
      this.#sync.request(`quota-check/?delta=${bytes}`, {
        what: `store ${bytes} more bytes in library ${this.library}`,
        repeatable: true,
        signal,
      }),
    );
  }

  /**
   * Directory and file objects by id: uncompressed text, verified against its id. Repeated ids and the zero id cost
   * nothing; the zero id is not in the result.
   *
   * @throws SeafileError `server-failed` when one of them is not there; `corrupt-answer`
   */
  packFs<Id extends TreeObjectId>(ids: readonly Id[], signal?: AbortSignal): Promise<Map<Id, Uint8Array>> {
    return packFs(this.#sync, ids, signal);
  }

  /** Those of the objects that the server does not have. */
  checkFs<Id extends TreeObjectId>(ids: readonly Id[], signal?: AbortSignal): Promise<Set<Id>> {
    return checkFs(this.#sync, ids, signal);
  }

  /** Stores directory and file objects. The server verifies nothing. */
  recvFs(objects: Iterable<EncodedObject<TreeObjectId>>, signal?: AbortSignal): Promise<void> {
    return recvFs(this.#sync, objects, signal);
  }

  /** Those of the blocks that the server does not have. */
  checkBlocks(ids: readonly BlockId[], signal?: AbortSignal): Promise<Set<BlockId>> {
    return checkBlocks(this.#sync, ids, signal);
  }

  /** A block's bytes, verified against its id. @throws SeafileError `server-failed` or `not-found` when it is missing */
  getBlock(id: BlockId, signal?: AbortSignal): Promise<Uint8Array> {
    return getBlock(this.#sync, id, signal);
  }

  /** As `getBlock`, handing over the bytes as they arrive; their hash is the receiver's to look at. */
  receiveBlock(id: BlockId, receiver: BodyReceiver, signal?: AbortSignal): Promise<void> {
    return receiveBlock(this.#sync, id, receiver, signal);
  }

  /** Stores a block. The server does not verify it: `id` must be the hash of these very bytes. */
  putBlock(id: BlockId, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    return putBlock(this.#sync, id, bytes, signal);
  }

  /** Sizes of a file's blocks in bytes, in file order. */
  blockMap(file: FileId, signal?: AbortSignal): Promise<readonly number[]> {
    return blockMap(this.#sync, file, signal);
  }

  /** The token to subscribe to notifications with, or null when the server sends none (seafile-api H.1). */
  async jwtToken(signal?: AbortSignal): Promise<Secret | null> {
    const request = this.#sync.request('jwt-token', {
      what: `get access to the notifications of library ${this.library}`,
      repeatable: true,
      // Version 10 answers 500 when notifications are off, later ones 404.
      accept: [404, 500],
      signal,
    });
    const answer = await this.#sync.send(request);
    if (answer.status >= 400) return null;
    return new Secret(answerJson(request, answer, z.object({ jwt_token: z.string().min(1) })).jwt_token);
  }
}
