import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import envPaths from 'env-paths';
import type { LibraryId } from '../seafile/index.ts';

/** What one space's cache belongs to. None of it is secret, and all of it counts: no two spaces meet in a directory. */
export interface CacheOwner {
  /** Base URL of the server. */
  readonly server: string;
  /** Seafile's name for the account. */
  readonly account: string;
  readonly library: LibraryId;
  readonly folder: readonly string[];
}

/** Where caches are kept unless told otherwise. */
export function defaultCacheRoot(): string {
  return envPaths('seamount', { suffix: '' }).cache;
}

/** A name for an account on a server that is the same at every start: 32 hex digits. */
export function accountKey(server: string, account: string): string {
  return hash([server, account]);
}

/** A name for a space that is the same at every start: 32 hex digits. */
export function spaceKey(owner: CacheOwner): string {
  return hash([owner.server, owner.account, owner.library, ...owner.folder]);
}

/** The directory for what one space has pending, made if need be; only this user can look into it. */
export async function spaceDirectory(root: string, owner: CacheOwner): Promise<string> {
  const directory = path.resolve(root, 'spaces', spaceKey(owner));
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return directory;
}

function hash(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
