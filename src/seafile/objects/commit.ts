import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type CommitId, commitId, type DirectoryId, directoryId, type LibraryId, libraryId } from './ids.ts';

/** A version of a library. */
export interface Commit {
  readonly id: CommitId;
  readonly libraryId: LibraryId;
  readonly rootId: DirectoryId;
  /** The commit this one was built on; null for the first. */
  readonly parentId: CommitId | null;
  /** The other side of a merge. */
  readonly secondParentId: CommitId | null;
  /** Account that made it. */
  readonly creatorName: string;
  /** Device that made it: 40 hex digits, zeros for the server. */
  readonly creator: string;
  readonly description: string;
  /** Seconds since 1970. */
  readonly ctime: number;
  readonly libraryName: string;
  readonly libraryDescription: string;
  readonly deviceName?: string;
  readonly clientVersion?: string;
  readonly newMerge?: boolean;
  readonly conflict?: boolean;
  readonly repaired?: boolean;
  readonly noLocalHistory?: boolean;
  /** Present when the library is encrypted: passed through untouched. */
  readonly encryption?: CommitEncryption;
}

/** Fields of an encrypted library's commits, as on the wire. */
export interface CommitEncryption {
  readonly enc_version?: number | undefined;
  readonly magic?: string | undefined;
  readonly key?: string | undefined;
  readonly salt?: string | undefined;
  readonly pwd_hash?: string | undefined;
  readonly pwd_hash_algo?: string | undefined;
  readonly pwd_hash_params?: string | undefined;
}

/** The creator of commits that the server makes itself. */
export const SERVER_CREATOR = '0'.repeat(40);

/**
 * Id of a commit: SHA-1 over root, creator, creator name and description, each followed by NUL, and the time as eight
 * bytes big-endian (seafile-api F.5). The parent is not part of it: commits of one second with one root and one
 * description collide, so a description has to be unique.
 */
export function hashCommit(
  commit: Pick<Commit, 'rootId' | 'creator' | 'creatorName' | 'description' | 'ctime'>,
): CommitId {
  const time = Buffer.alloc(8);
  time.writeBigInt64BE(BigInt(commit.ctime));
  return createHash('sha1')
    .update(`${commit.rootId}\0${commit.creator}\0${commit.creatorName}\0${commit.description}\0`)
    .update(time)
    .digest('hex') as CommitId;
}

const commitOnWire = z.object({
  commit_id: z.string(),
  root_id: z.string(),
  repo_id: z.string(),
  creator_name: z.string().nullish(),
  creator: z.string(),
  description: z.string().nullish(),
  ctime: z.number().int(),
  parent_id: z.string().nullish(),
  second_parent_id: z.string().nullish(),
  repo_name: z.string().nullish(),
  repo_desc: z.string().nullish(),
  device_name: z.string().nullish(),
  client_version: z.string().nullish(),
  no_local_history: z.number().nullish(),
  new_merge: z.number().nullish(),
  conflict: z.number().nullish(),
  repaired: z.number().nullish(),
  encrypted: z.string().nullish(),
  enc_version: z.number().optional(),
  magic: z.string().optional(),
  key: z.string().optional(),
  salt: z.string().optional(),
  pwd_hash: z.string().optional(),
  pwd_hash_algo: z.string().optional(),
  pwd_hash_params: z.string().optional(),
});

/**
 * @param text uncompressed JSON
 * @throws TypeError when the text is no commit
 */
export function decodeCommit(text: string): Commit {
  const parsed = commitOnWire.safeParse(JSON.parse(text));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new TypeError(`not a commit: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const wire = parsed.data;
  return {
    id: commitId(wire.commit_id),
    libraryId: libraryId(wire.repo_id),
    rootId: directoryId(wire.root_id),
    parentId: wire.parent_id ? commitId(wire.parent_id) : null,
    secondParentId: wire.second_parent_id ? commitId(wire.second_parent_id) : null,
    creatorName: wire.creator_name ?? '',
    creator: wire.creator,
    description: wire.description ?? '',
    ctime: wire.ctime,
    libraryName: wire.repo_name ?? '',
    libraryDescription: wire.repo_desc ?? '',
    ...(wire.device_name ? { deviceName: wire.device_name } : {}),
    ...(wire.client_version ? { clientVersion: wire.client_version } : {}),
    ...(wire.new_merge ? { newMerge: true } : {}),
    ...(wire.conflict ? { conflict: true } : {}),
    ...(wire.repaired ? { repaired: true } : {}),
    ...(wire.no_local_history ? { noLocalHistory: true } : {}),
    ...(wire.encrypted === 'true'
      ? {
          encryption: {
            enc_version: wire.enc_version,
            magic: wire.magic,
            key: wire.key,
            salt: wire.salt,
            pwd_hash: wire.pwd_hash,
            pwd_hash_algo: wire.pwd_hash_algo,
            pwd_hash_params: wire.pwd_hash_params,
          },
        }
      : {}),
  };
}

/** @returns the JSON text of a commit as stored and sent; commits are never compressed. */
export function encodeCommit(commit: Commit): string {
  return JSON.stringify({
    commit_id: commit.id,
    root_id: commit.rootId,
    repo_id: commit.libraryId,
    creator_name: commit.creatorName,
    creator: commit.creator,
    description: commit.description,
    ctime: commit.ctime,
    parent_id: commit.parentId,
    second_parent_id: commit.secondParentId,
    repo_name: commit.libraryName,
    repo_desc: commit.libraryDescription,
    repo_category: null,
    device_name: commit.deviceName,
    client_version: commit.clientVersion,
    ...(commit.encryption ? { encrypted: 'true', ...commit.encryption } : {}),
    no_local_history: commit.noLocalHistory ? 1 : undefined,
    new_merge: commit.newMerge ? 1 : undefined,
    conflict: commit.conflict ? 1 : undefined,
    repaired: commit.repaired ? 1 : undefined,
    version: 1,
  });
}
