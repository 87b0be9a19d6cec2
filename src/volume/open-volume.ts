import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import type { Conflict, Head, Library } from '../library/index.ts';
import type { DirectoryEntry, DirectoryId } from '../seafile/index.ts';
import { ChangeEvents } from './changes.ts';
import { Contents } from './content/contents.ts';
import { SiblingReadAhead } from './content/sibling-read-ahead.ts';
import { ListingPrefetch } from './directories/listing-prefetch.ts';
import { VolumeError } from './errno.ts';
import { volumeErrorOf } from './errors.ts';
import { Exclusive } from './exclusive.ts';
import { bootId } from './journal/boot-id.ts';
import { Journal } from './journal/journal.ts';
import { ProcessLock } from './journal/lock.ts';
import { RecordLog } from './journal/record-log.ts';
import { JOURNAL_FORMAT } from './journal/records.ts';
import { type Restored, restore } from './journal/restore.ts';
import { type FollowedLinks, LinkReader } from './links/link-reader.ts';
import { LINK_BYTES } from './links/mfsymlink.ts';
import type { LocalStores } from './local/stores.ts';
import { InodeNumbers } from './nodes/inode-numbers.ts';
import { Tree } from './nodes/tree.ts';
import { folderIn, SnapshotChange } from './remote/accept.ts';
import { DEFAULT_SEND_TIMES, Sender, type SendTimes } from './send/sender.ts';
import { Volume } from './space-volume.ts';
import type { Durability, VolumeState } from './state.ts';

/** How a space is opened. */
export interface VolumeOptions {
  readonly library: Library;
  /** Names from the library's root to the space's folder, which must exist. */
  readonly folder: readonly string[];
  /** What is kept on this machine of immutable things; shared by volumes. */
  readonly stores: LocalStores;
  /** Folder for this space's journal and staged files; made if it is missing. No other process may use it. */
  readonly directory: string;
  /** What `fsync`, `close` and changes of names wait for; `staged` unless told. */
  readonly durability?: Durability;
  readonly readOnly?: boolean;
  /**
   * `safe`: links that lead out of the space are links only if they were made on this machine; others are shown as the
   * text files they are on the server. `all`: every link is one.
   */
  readonly symlinks?: FollowedLinks;
  readonly sendTimes?: SendTimes;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly log?: VolumeLog;
}

/** Where a volume tells what a person should know. */
export interface VolumeLog {
  info(message: string): void;
  warn(message: string): void;
}

const SILENT: VolumeLog = {
  info() {
    // Nobody listens.
  },
  warn() {
    // Nobody listens.
  },
};

/**
 * Opens the filesystem over a space: takes the newest head, and takes up what an earlier process left pending.
 *
 * @throws VolumeError ENOENT when the folder is not in the library, EBUSY when another process has the space open
 */
export async function openVolume(options: VolumeOptions): Promise<Volume> {
  mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  const lock = ProcessLock.acquire(join(options.directory, 'lock'), `the space "${options.folder.join('/')}"`);
  try {
    const { head, folder } = await start(options);
    return await assemble(options, lock, head, folder);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function start(
  options: VolumeOptions,
): Promise<{ head: Head; folder: Pick<DirectoryEntry, 'id'> & Partial<DirectoryEntry> }> {
  const { library, stores } = options;
  try {
    const head = await library.head();
    const folder = await folderIn(library, stores.directories, head, options.folder);
    if (folder === null) {
      throw new VolumeError('ENOENT', `library "${library.name}" has no folder "${options.folder.join('/')}"`);
    }
    return { head, folder };
  } catch (error) {
    throw volumeErrorOf(error, `opening "${options.folder.join('/')}" in library "${library.name}"`);
  }
}

async function assemble(
  options: VolumeOptions,
  lock: ProcessLock,
  head: Head,
  folder: Pick<DirectoryEntry, 'id'> & Partial<DirectoryEntry>,
): Promise<Volume> {
  const { library, stores } = options;
  const { directories, content: cache } = stores;
  const nowMs = options.now ?? Date.now;
  const log = options.log ?? SILENT;
  const local: RootDatabase = open({ path: join(options.directory, 'local.lmdb'), maxDbs: 8 });
  const numbers = new InodeNumbers(local.openDB<number, string>({ name: 'inodes' }));
  const links = new LinkReader(
    (id) => contents.version(id, LINK_BYTES, null).read(0, LINK_BYTES),
    local.openDB<string, number>({ name: 'links' }),
    options.symlinks ?? 'safe',
  );
  const tree = new Tree(library, directories, numbers, links, head);
  tree.root.baseId = folder.id;
  const mtime = { seconds: folder.mtime ?? head.ctime, nanoseconds: 0 };
  tree.root.local = { permissions: 0o755, mtime, ctime: mtime, atime: mtime };
  const records = RecordLog.open(join(options.directory, 'journal'), JOURNAL_FORMAT, bootId());
  const journal = new Journal(records);
  const contents = new Contents({
    library,
    cache,
    folder: options.folder,
    staging: join(options.directory, 'staged'),
    journal,
    tree,
    startedMs: nowMs(),
  });
  const restored = restore(records, tree, contents, journal);
  tree.hardLinks.recordIn(journal);
  tree.specials.recordIn(journal);
  report(restored, log);
  // A power cut may bring the records back to the last flush: only then is a file that none tells of needed no more.
  await journal.flush();
  contents.removeStrays(restored.staged);
  const events = new ChangeEvents();
  const turns = new Exclusive();
  const conflicts: Conflict[] = [];
  const at = { tree, library, directories, events, journal };

  const conflicted = (conflict: Conflict): void => {
    conflicts.push(conflict);
    log.warn(
      `conflict at "${conflict.path.join('/')}" (${conflict.kind})` +
        (conflict.copy === null ? '' : `: your version is kept as "${conflict.copy}"`),
    );
  };

  const accept = async (
    newest: () => Promise<{ head: Head; folderId: DirectoryId } | null>,
    settling: { before(): void; after(): void } | null,
  ): Promise<void> =>
    turns.run(async () => {
      const found = await newest();
      if (found === null) return;
      settling?.before();
      const change = new SnapshotChange(at, found.head, found.folderId, settling !== null);
      await change.prepare();
      change.apply();
      settling?.after();
    });

  const sender = new Sender(
    {
      ...at,
      contents,
      cache,
      folder: options.folder,
      async accept(outcome, before, after, started) {
        let overtaken = false;
        await accept(
          async () => {
            overtaken = tree.head !== started;
            return outcome;
          },
          { before, after },
        );
        // A head taken up while the batch was on its way may be the newer one, and is told of only once.
        if (overtaken) await refresh().catch((error: unknown) => log.warn(`looking for newer changes: ${error}`));
      },
      conflicted,
    },
    options.sendTimes ?? DEFAULT_SEND_TIMES,
    nowMs,
  );

  const newestHead = async (): Promise<{ head: Head; folderId: DirectoryId } | null> => {
    const newest = await library.head();
    if (newest.commitId === tree.head.commitId) return null;
    const found = await folderIn(library, directories, newest, options.folder);
    if (found === null) {
      log.warn(
        `folder "${options.folder.join('/')}" is no longer in library "${library.name}"; showing what was there`,
      );
      return null;
    }
    return { head: newest, folderId: found.id };
  };
  const refresh = (): Promise<void> => accept(newestHead, null);

  const state: VolumeState = {
    ...at,
    prefetch: new ListingPrefetch(library, directories),
    siblings: new SiblingReadAhead({ directories, contents, cache }),
    cache,
    contents,
    sender,
    conflicted,
    readOnly: options.readOnly === true || library.permission === 'r',
    durability: options.durability ?? 'staged',
    nowMs,
  };
  return new Volume(state, {
    refresh,
    conflicts,
    log,
    async close() {
      contents.close();
      await turns.run(() => journal.close());
      await local.close();
      lock.release();
    },
  });
}

function report({ names, lost }: Restored, log: VolumeLog): void {
  if (names > 0) log.info(`${names} names with changes of an earlier process are pending and will be sent`);
  for (const name of lost) {
    log.warn(
      `the bytes written to "${name}" by an earlier process are not on this disk; its last version on the server stays`,
    );
  }
}
