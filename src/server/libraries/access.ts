import { type LibraryRecord, nextSerial, type Permission, type Tables } from '../storage/index.ts';
import type { Libraries } from './libraries.ts';

/** What an account may do with a library: read, read and write, or nothing. */
export class Access {
  readonly #tables: Tables;
  readonly #libraries: Libraries;

  constructor(tables: Tables, libraries: Libraries) {
    this.#tables = tables;
    this.#libraries = libraries;
  }

  /** A virtual library is also open to those who may use the library it shows a folder of. */
  permission(account: string, library: LibraryRecord): Permission | undefined {
    if (library.owner === account) return 'rw';
    const shared = this.#tables.shares.get(`${library.id}/${account}`)?.permission;
    if (shared || !library.virtual) return shared;
    const origin = this.#libraries.find(library.virtual.origin);
    return origin && this.permission(account, origin);
  }

  /** Libraries and folders that others share with an account, the newest share first. */
  sharedWith(account: string): { library: LibraryRecord; from: string; permission: Permission }[] {
    const found = [];
    for (const [, share] of this.#tables.shares.entries()) {
      const library = share.to === account ? this.#libraries.find(share.library) : undefined;
      if (library) found.push({ library, from: share.from, permission: share.permission, serial: share.serial });
    }
    return found.sort((a, b) => b.serial - a.serial);
  }

  /** @returns with whom a library (or the folder a virtual library shows) is shared */
  sharesOf(library: LibraryRecord): { to: string; permission: Permission }[] {
    return [...this.#tables.shares.entries(`${library.id}/`)]
      .map(([, share]) => share)
      .sort((a, b) => a.serial - b.serial);
  }

  /** @returns false when it is shared with that account already */
  share(library: LibraryRecord, to: string, permission: Permission): boolean {
    const key = `${library.id}/${to}`;
    if (this.#tables.shares.get(key)) return false;
    this.#tables.shares.put(key, {
      library: library.id,
      from: library.owner,
      to,
      permission,
      serial: nextSerial(this.#tables),
    });
    return true;
  }

  /** @returns false when it is not shared with that account */
  setPermission(library: LibraryRecord, to: string, permission: Permission): boolean {
    const key = `${library.id}/${to}`;
    const share = this.#tables.shares.get(key);
    if (share) this.#tables.shares.put(key, { ...share, permission });
    return share !== undefined;
  }

  unshare(library: LibraryRecord, to: string): void {
    this.#tables.shares.delete(`${library.id}/${to}`);
  }
}
