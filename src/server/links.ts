import { randomUUID } from 'node:crypto';
import type { FileId, LibraryId } from '../seafile/objects/index.ts';

/** What a link of the file server is good for (seafile-api D.5, E.1). */
export type LinkPurpose =
  | { readonly kind: 'upload' | 'update' | 'blocks'; readonly folder: string }
  | { readonly kind: 'download'; readonly file: FileId }
  | { readonly kind: 'block'; readonly file: FileId }
  | { readonly kind: 'zip'; readonly folder: string; readonly names: readonly string[]; readonly title: string };

export interface Link {
  readonly library: LibraryId;
  /** Account that asked for it; empty for library tokens and public upload links. */
  readonly account: string;
  readonly purpose: LinkPurpose;
  readonly once: boolean;
  readonly expiresAtMs: number;
}

/** The tokens in upload and download URLs: kept in memory, lost at a restart, as the real file server's are. */
export class Links {
  readonly #links = new Map<string, Link>();
  readonly #now: () => number;
  readonly #lifetimeMs: number;
  #nextSweepMs = 0;

  constructor(now: () => number, lifetimeMs: number) {
    this.#now = now;
    this.#lifetimeMs = lifetimeMs;
  }

  make(library: LibraryId, account: string, purpose: LinkPurpose, once = false): string {
    const now = this.#now();
    this.#sweep(now);
    const token = randomUUID();
    this.#links.set(token, { library, account, purpose, once, expiresAtMs: now + this.#lifetimeMs });
    return token;
  }

  /** Takes a link: a one-time link is used up, whatever the request then comes to. */
  take(token: string): Link | undefined {
    const link = this.#links.get(token);
    if (!link) return undefined;
    const expired = link.expiresAtMs <= this.#now();
    if (link.once || expired) this.#links.delete(token);
    return expired ? undefined : link;
  }

  /** Looks at a link without using it up. */
  peek(token: string): Link | undefined {
    const link = this.#links.get(token);
    return link && link.expiresAtMs > this.#now() ? link : undefined;
  }

  #sweep(now: number): void {
    if (now < this.#nextSweepMs) return;
    this.#nextSweepMs = now + 60_000;
    for (const [token, link] of this.#links) if (link.expiresAtMs <= now) this.#links.delete(token);
  }

  /** Makes every link stale, as a restart of the file server does. */
  clear(): void {
    this.#links.clear();
  }
}
