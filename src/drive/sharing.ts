import {
  changeShare,
  type LibraryId,
  type LibraryPermission,
  listShares,
  removeShare,
  type SharePermission,
  type ShareTarget,
  shareFolder,
  type WebClient,
} from '../seafile/index.ts';
import { DriveError } from './errors.ts';
import { absolutePath, parseInside } from './space-path.ts';

/** Whom to share with, and what they may do. */
export interface ShareRequest {
  /** Seafile's name for the account: mostly the e-mail. */
  readonly user: string;
  readonly permission: SharePermission;
}

/** A folder of a space shared with somebody. */
export interface SpaceShare {
  /** Seafile's name for the user, or the id of the group. */
  readonly with: string;
  readonly kind: 'user' | 'group';
  /** For people. */
  readonly name: string;
  readonly permission: LibraryPermission;
}

/** Shares of the folders of one space. Paths are below the space; the library's root is never shared. */
export class SpaceSharing {
  readonly #web: WebClient;
  readonly #library: LibraryId;
  readonly #folder: readonly string[];

  constructor(web: WebClient, library: LibraryId, folder: readonly string[]) {
    this.#web = web;
    this.#library = library;
    this.#folder = folder;
  }

  /** Refuses what can never be shared, without asking the server. */
  check(path: string, request: ShareRequest): void {
    this.#absolute(path);
    userTarget(request.user);
    if (request.permission === 'r' || request.permission === 'rw') return;
    throw new DriveError(
      'bad-input',
      `permission ${JSON.stringify(request.permission)} is not one that can be given: use r or rw.`,
    );
  }

  /** Shares a folder, or changes what the user may do in it. */
  async share(path: string, request: ShareRequest, signal?: AbortSignal): Promise<void> {
    this.check(path, request);
    const absolute = this.#absolute(path);
    const target = userTarget(request.user);
    const shares = await listShares(this.#web, this.#library, absolute, signal);
    // A second PUT for the same user fails, also with another permission (seafile-api I.1).
    const now = shares.find((share) => isFor(share.target, target));
    if (now?.permission === request.permission) return;
    if (now === undefined) await shareFolder(this.#web, this.#library, absolute, target, request.permission, signal);
    else await changeShare(this.#web, this.#library, absolute, target, request.permission, signal);
  }

  async list(path: string, signal?: AbortSignal): Promise<readonly SpaceShare[]> {
    const shares = await listShares(this.#web, this.#library, this.#absolute(path), signal);
    return shares.map(({ target, name, permission }) =>
      target.kind === 'user'
        ? { with: target.user, kind: 'user', name, permission }
        : { with: String(target.group), kind: 'group', name, permission },
    );
  }

  /** @returns false when it was not shared with this user */
  async remove(path: string, user: string, signal?: AbortSignal): Promise<boolean> {
    const absolute = this.#absolute(path);
    const target = userTarget(user);
    const shares = await listShares(this.#web, this.#library, absolute, signal);
    if (!shares.some((share) => isFor(share.target, target))) return false;
    await removeShare(this.#web, this.#library, absolute, target, signal);
    return true;
  }

  #absolute(path: string): string {
    if (path === '') {
      throw new DriveError('bad-input', 'no folder was named: give the path of a folder, or / for the whole space.');
    }
    const names = [...this.#folder, ...parseInside(path)];
    // The server takes the root for "share the whole library" (seafile-api A.7).
    if (names.length === 0) {
      throw new DriveError('bad-input', 'a whole library cannot be shared from here: name a folder in it.');
    }
    return absolutePath(names);
  }
}

function userTarget(user: string): ShareTarget {
  if (typeof user !== 'string' || user.trim() === '') {
    throw new DriveError('bad-input', 'no user was named: give the e-mail of the account to share with.');
  }
  return { kind: 'user', user };
}

function isFor(one: ShareTarget, other: ShareTarget): boolean {
  return one.kind === 'user' && other.kind === 'user' && one.user.toLowerCase() === other.user.toLowerCase();
}
