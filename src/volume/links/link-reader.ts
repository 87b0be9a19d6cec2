import type { Database } from 'lmdb';
import { LRUCache } from 'lru-cache';
import type { FileId } from '../../seafile/index.ts';
import { andThen, type MaybePromise } from '../maybe.ts';
import { decodeLink, LINK_BYTES } from './mfsymlink.ts';

/** Contents whose meaning is remembered. */
const MAX_REMEMBERED = 20_000;
/** Contents looked at together for a listing. */
const MAX_AT_ONCE = 16;

/** Which links are followed. */
export type FollowedLinks = 'safe' | 'all';

/**
 * Finds out which files are symbolic links. Only a file of exactly a link's size can be one, and what an id stands for
 * never changes: each content is looked at once.
 */
export class LinkReader {
  readonly #read: (id: FileId) => MaybePromise<Uint8Array>;
  readonly #madeHere: Database<string, number>;
  readonly #follow: FollowedLinks;
  readonly #targets = new LRUCache<FileId, { readonly target: string | null }>({ max: MAX_REMEMBERED });

  /**
   * @param read     the content of a file with the size of a link
   * @param madeHere targets of links made on this machine, by inode number
   */
  constructor(
    read: (id: FileId) => MaybePromise<Uint8Array>,
    madeHere: Database<string, number>,
    follow: FollowedLinks,
  ) {
    this.#read = read;
    this.#madeHere = madeHere;
    this.#follow = follow;
  }

  /** Where a content leads, null for what is no link, undefined when it was not looked at. */
  peek(id: FileId): string | null | undefined {
    return this.#targets.get(id)?.target;
  }

  /** As `peek`, after a look at the content. */
  look(id: FileId): MaybePromise<string | null> {
    const known = this.#targets.get(id);
    if (known !== undefined) return known.target;
    return andThen(this.#read(id), (content) => {
      const target = decodeLink(content);
      this.#targets.set(id, { target });
      return target;
    });
  }

  /** Looks at many. What cannot be had now is left out: whoever needs it gets the error then. */
  lookAtAll(ids: readonly FileId[]): MaybePromise<void> {
    const unknown = ids.filter((id) => !this.#targets.has(id));
    return unknown.length === 0 ? undefined : this.#lookAtUnknown(unknown);
  }

  /** Whether a link may lead out of the space: whoever the space is shared with could have planted one. */
  mayLeadOut(ino: number, target: string): boolean {
    return this.#follow === 'all' || this.#madeHere.get(ino) === target;
  }

  /** A link was made on this machine. Kept in the background: while the link is pending the journal knows it too. */
  made(ino: number, target: string): void {
    this.#madeHere.put(ino, target).catch(() => {
      // A link that leads out is then shown as the file it is on the server, as a foreign one is.
    });
  }

  async #lookAtUnknown(ids: readonly FileId[]): Promise<void> {
    for (let start = 0; start < ids.length; start += MAX_AT_ONCE) {
      const looks = ids.slice(start, start + MAX_AT_ONCE).map(async (id) => this.look(id));
      await Promise.allSettled(looks);
    }
  }
}

/** Whether a file of this size may be a link. */
export function maybeLink(sizeBytes: number): boolean {
  return sizeBytes === LINK_BYTES;
}
