import { z } from 'zod';
import { SeafileError } from '../errors.ts';
import { unexpectedAnswer } from '../http/failures.ts';
import { answerText, type Clock, type HttpRequest, isTransient, systemClock } from '../http/index.ts';
import { type Link, linkOnWire } from '../link.ts';
import type { BlockId, LibraryId } from '../objects/index.ts';
import { eachInParallel } from '../parallel.ts';
import type { WebClient } from '../web/index.ts';
import { multipart } from './multipart.ts';

/** A block to send. The caller has hashed these very bytes. */
export interface RawBlock {
  readonly id: BlockId;
  readonly bytes: Uint8Array;
}

/** The server keeps a temporary file open for each part; some hundred more and it fails (seafile-api E.5). */
const MOST_PARTS = 500;
const MOST_BYTES = 8 * 1024 * 1024;
/** Links live an hour by default. */
const LINK_LIFE_MS = 50 * 60_000;
const ATTEMPTS = 4;

/**
 * Sends many small blocks in one request, by the block API's raw upload (seafile-api E.5). The sync protocol finds the
 * blocks where this puts them.
 */
export class RawBlockUpload {
  readonly #web: WebClient;
  readonly #library: LibraryId;
  readonly #clock: Clock;
  #link: { readonly url: Link; readonly until: number } | null = null;

  constructor(web: WebClient, library: LibraryId, clock: Clock = systemClock) {
    this.#web = web;
    this.#library = library;
    this.#clock = clock;
  }

  /**
   * Puts blocks on the server; those it has already do no harm.
   *
   * @returns `unsupported` when this account or server has no such way and nothing was sent: send them one by one
   */
  async upload(blocks: readonly RawBlock[], signal?: AbortSignal): Promise<'sent' | 'unsupported'> {
    if (blocks.length === 0) return 'sent';
    const groups = grouped(blocks);
    if (!this.#link || this.#clock.now() >= this.#link.until) {
      const first = groups[0] ?? [];
      const missing = await this.#missing(first, signal).catch(noSuchWay);
      if (missing === 'unsupported') return 'unsupported';
      groups[0] = missing;
    }
    await eachInParallel(groups, 2, (group) => this.#send(group, ATTEMPTS, signal));
    return 'sent';
  }

  async #send(blocks: readonly RawBlock[], attempts: number, signal?: AbortSignal): Promise<void> {
    if (blocks.length === 0) return;
    try {
      await this.#post(blocks, signal);
    } catch (error) {
      if (!(error instanceof SeafileError) || attempts <= 1) throw error;
      const expired = error.status === 403;
      if (!expired && !isTransient(error.kind)) throw error;
      // Some parts may have been stored before it failed; halves go through where the whole was too much.
      const missing = await this.#missing(blocks, signal);
      const half = expired ? missing.length : Math.ceil(missing.length / 2);
      await this.#send(missing.slice(0, half), attempts - 1, signal);
      await this.#send(missing.slice(half), attempts - 1, signal);
    }
  }

  async #post(blocks: readonly RawBlock[], signal?: AbortSignal): Promise<void> {
    const link = this.#link;
    if (!link) throw new TypeError('no link for raw blocks was asked for');
    const form = multipart(
      [],
      blocks.map(({ id, bytes }) => ({ filename: id, content: bytes })),
    );
    const request: HttpRequest = {
      what: `send ${blocks.length} blocks`,
      method: 'POST',
      url: new URL(link.url),
      side: 'file',
      headers: { 'content-type': form.contentType },
      body: form.bytes,
      // Blocks that are there already are skipped; but what is missing is asked before they are sent again.
      repeatable: false,
      signal,
    };
    const answer = await this.#web.server.transport.request(request);
    if (!/^\s*"?OK"?\s*$/.test(answerText(answer))) throw unexpectedAnswer(request, answer, 'something else than "OK"');
  }

  /** Those of the blocks that the server does not have. Brings a new link, too. */
  async #missing(blocks: readonly RawBlock[], signal?: AbortSignal): Promise<RawBlock[]> {
    const wire = await this.#web.json(
      {
        what: `ask which of ${blocks.length} blocks are missing`,
        method: 'POST',
        path: `api2/repos/${this.#library}/upload-blks-link/`,
        query: { p: '/' },
        form: { blklist: blocks.map(({ id }) => id).join(',') },
        repeatable: true,
        signal,
      },
      z.object({ rawblksurl: linkOnWire, blklist: z.array(z.string()) }),
    );
    this.#link = { url: wire.rawblksurl, until: this.#clock.now() + LINK_LIFE_MS };
    const missing = new Set(wire.blklist);
    return blocks.filter(({ id }) => missing.has(id));
  }
}

function noSuchWay(error: unknown): 'unsupported' {
  const kinds = ['forbidden', 'not-found', 'not-seafile', 'rejected', 'unauthorized'];
  if (error instanceof SeafileError && kinds.includes(error.kind)) return 'unsupported';
  throw error;
}

/** Blocks in groups that fit one request each; every block once. */
function grouped(blocks: readonly RawBlock[]): RawBlock[][] {
  const groups: RawBlock[][] = [];
  const seen = new Set<BlockId>();
  let group: RawBlock[] = [];
  let bytes = 0;
  for (const block of blocks) {
    if (seen.has(block.id)) continue;
    seen.add(block.id);
    if (group.length > 0 && (group.length >= MOST_PARTS || bytes + block.bytes.byteLength > MOST_BYTES)) {
      groups.push(group);
      group = [];
      bytes = 0;
    }
    group.push(block);
    bytes += block.bytes.byteLength;
  }
  groups.push(group);
  return groups;
}
