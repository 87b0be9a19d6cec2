import { LRUCache } from 'lru-cache';
import {
  type Clock,
  type CommitId,
  type DownloadLink,
  downloadLink,
  downloadRange,
  type FileId,
  type LibraryId,
  revisionLink,
  SeafileError,
  type WebClient,
} from '../../seafile/index.ts';
import { SharedCalls } from './shared-calls.ts';

/** Links live an hour by default (seafile-api 0.5). */
const LINK_LIFE_MS = 50 * 60_000;
/** How long it is not tried again where ranges cannot be had. */
const REFUSAL_LIFE_MS = 60_000;
const KEPT_LINKS = 2000;

/** Where a version of a file is. */
export interface FilePlace {
  readonly commit: CommitId;
  /** Names from the library's root. */
  readonly path: readonly string[];
}

interface KeptLink {
  /** Null: there is none. */
  readonly link: DownloadLink | null;
  readonly until: number;
}

/**
 * Parts of files by download links. A link is bound to a version of the file, whatever happens at its path later
 * (seafile-api D.5), so one serves all reads of a version.
 */
export class Ranges {
  readonly #web: WebClient;
  readonly #library: LibraryId;
  readonly #clock: Clock;
  readonly #links = new LRUCache<FileId, KeptLink>({ max: KEPT_LINKS });
  readonly #asking = new SharedCalls<FileId, DownloadLink | null>();
  readonly #used = new WeakSet<DownloadLink>();

  constructor(web: WebClient, library: LibraryId, clock: Clock) {
    this.#web = web;
    this.#library = library;
    this.#clock = clock;
  }

  /** @returns exactly `length` bytes, or null when this file cannot be read so */
  async read(
    file: FileId,
    place: FilePlace,
    offset: number,
    length: number,
    signal?: AbortSignal,
  ): Promise<Uint8Array | null> {
    if (length === 0) return new Uint8Array();
    for (let attempt = 1; ; attempt++) {
      let link = await this.#link(file, place, signal);
      if (!link) return null;
      try {
        if (this.#used.has(link)) link = await this.#revision(place, signal);
        if (!link.reusable) this.#used.add(link);
        return await downloadRange(this.#web.server.transport, link.link, offset, length, signal);
      } catch (error) {
        if (!(error instanceof SeafileError) || !isRefusal(error)) throw error;
        // The link expired, or the server was started anew and forgot it.
        this.#links.delete(file);
        if (attempt > 1) return this.#refuse(file);
      }
    }
  }

  async #link(file: FileId, place: FilePlace, signal?: AbortSignal): Promise<DownloadLink | null> {
    const kept = this.#links.get(file);
    if (kept && kept.until > this.#clock.now()) return kept.link;
    return this.#asking
      .run(file, signal, async (signal) => {
        const link = await this.#newLink(file, place, signal);
        if (link.reusable) this.#links.set(file, { link, until: this.#clock.now() + LINK_LIFE_MS });
        return link;
      })
      .catch((error: unknown) => {
        if (error instanceof SeafileError && isRefusal(error)) return this.#refuse(file);
        throw error;
      });
  }

  async #newLink(file: FileId, place: FilePlace, signal: AbortSignal): Promise<DownloadLink> {
    const atPath = await downloadLink(this.#web, this.#library, pathOf(place), signal).catch((error: unknown) => {
      // Renamed or deleted since: the commit still has it.
      if (error instanceof SeafileError && error.kind === 'not-found') return null;
      throw error;
    });
    if (atPath?.file === file) return atPath;
    return this.#revision(place, signal);
  }

  /** The version as the commit has it; good for one read. */
  #revision(place: FilePlace, signal?: AbortSignal): Promise<DownloadLink> {
    return revisionLink(this.#web, this.#library, pathOf(place), place.commit, signal);
  }

  #refuse(file: FileId): null {
    this.#links.set(file, { link: null, until: this.#clock.now() + REFUSAL_LIFE_MS });
    return null;
  }
}

function pathOf({ path }: FilePlace): string {
  return `/${path.join('/')}`;
}

/** Whether another way has to be taken: the server works, but not so. */
function isRefusal({ kind }: SeafileError): boolean {
  return ['forbidden', 'not-found', 'rejected', 'not-seafile', 'corrupt-answer', 'unauthorized'].includes(kind);
}
