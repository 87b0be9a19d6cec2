import type { AccountRecord } from '../storage/index.ts';
import type { Libraries } from './libraries.ts';

/** How much of their quota accounts use. It belongs to the owner of a library, whoever writes (seafile-api I.3). */
export class Usage {
  readonly #libraries: Libraries;
  readonly #find: (email: string) => AccountRecord | undefined;

  constructor(libraries: Libraries, find: (email: string) => AccountRecord | undefined) {
    this.#libraries = libraries;
    this.#find = find;
  }

  /** Bytes of all files in the newest version of the account's libraries. */
  of(account: string): number {
    return this.#libraries.ownedBy(account).reduce((sum, library) => sum + this.#libraries.size(library).bytes, 0);
  }

  /** Whether the owner of a library may store so many bytes more. */
  allows(owner: string, deltaBytes: number): boolean {
    const quota = this.#find(owner)?.quota ?? null;
    if (quota === null) return true;
    return this.of(owner) + deltaBytes < quota;
  }
}
