import type { DirectoryItem, VolumeNode } from '../../volume/index.ts';
import { VolumeError } from '../../volume/index.ts';
import { after, type Operation, withBody, withoutBody } from '../operation.ts';
import { type ListedName, writeDirent, writeDirentPlus } from '../protocol/dirent.ts';
import { ENTRY_BYTES, OpenReplyFlag, writeEntry, writeOpened } from '../protocol/entry.ts';
import type { Reply } from '../protocol/reply.ts';
import type { Request } from '../protocol/request.ts';
import type { Session } from '../session.ts';

/** `.` and `..` come before the entries of a listing. */
const DOT_ENTRIES = 2;

/** OPENDIR. The kernel may keep the listing: it is told when it changes. */
export const opendir = withBody<{ readonly node: VolumeNode; handle: number }>({
  changes: false,
  run: (request, session) => ({ node: session.node(request.nodeId), handle: -1 }),
  answer(reply, value, session) {
    value.handle = session.directories.add({ node: value.node, listing: null });
    return writeOpened(reply, 0, value.handle, OpenReplyFlag.CACHE_DIR | OpenReplyFlag.KEEP_CACHE);
  },
  undo(value, session) {
    if (value.handle >= 0) session.directories.remove(value.handle);
  },
});

/** RELEASEDIR */
export const releasedir = withoutBody({
  changes: false,
  run(request, session) {
    session.directories.remove(request.u64(0));
  },
});

/** FSYNCDIR */
export const fsyncdir = withoutBody({
  changes: true,
  run: (request, session) => session.volume.fsyncDirectory(session.directories.get(request.u64(0)).node),
});

/** What a READDIR is answered with: the listing from `start` on, as much as fits into `limit` bytes. */
interface Page {
  readonly directory: VolumeNode;
  readonly listing: readonly DirectoryItem[];
  readonly start: number;
  readonly limit: number;
  /** Nodes that the answer names. */
  readonly named: VolumeNode[];
}

/** READDIR: names alone. */
export const readdir = readingWith((reply, page, session) => {
  let length = 0;
  for (let place = page.start; ; place++) {
    const item = itemAt(page, place, session);
    if (item === undefined) return length;
    const written = writeDirent(reply, length, page.limit, place + 1, item);
    if (written === 0) return length;
    length += written;
  }
});

/** READDIRPLUS: names with what LOOKUP would answer for them, where that is in memory. */
export const readdirplus = readingWith((reply, page, session) => {
  let length = 0;
  for (let place = page.start; ; place++) {
    const item = itemAt(page, place, session);
    if (item === undefined) return length;
    const written = writeDirentPlus(reply, length, page.limit, place + 1, item);
    if (written === 0) return length;
    const node = place < DOT_ENTRIES ? null : nodeAtHand(page.directory, item.name, session);
    if (node === null) {
      // Node 0: no more is told than the name, and the kernel asks when it needs more.
      reply.zero(length, ENTRY_BYTES);
    } else {
      const { volume, owner, validity } = session;
      writeEntry(reply, length, node.id, volume.getattr(node), owner, validity);
      session.lookups.add(node);
      page.named.push(node);
    }
    length += written;
  }
});

function readingWith(answer: (reply: Reply, page: Page, session: Session) => number): Operation<Page> {
  return withBody<Page>({
    changes: false,
    run: takePage,
    answer: (reply, page, session) => answer(reply, page, session),
    undo(page, session) {
      for (const node of page.named) session.lookups.forget(node.id, 1);
    },
  });
}

function takePage(request: Request, session: Session) {
  const open = session.directories.get(request.u64(0));
  const start = request.position(8);
  const limit = request.u32(16);
  const directory = open.node;
  open.listing = start === 0 ? null : (open.listing ?? session.listings.get(directory.id));
  if (open.listing !== null) return { directory, listing: open.listing, start, limit, named: [] };
  return after(session.volume.readdir(directory), (listing) => {
    open.listing = listing;
    session.listings.remember(directory.id, listing);
    return { directory, listing, start, limit, named: [] };
  });
}

function itemAt({ directory, listing }: Page, place: number, session: Session): ListedName | undefined {
  if (place >= DOT_ENTRIES) return listing[place - DOT_ENTRIES];
  const node = place === 0 ? directory : session.volume.parent(directory);
  return { name: place === 0 ? '.' : '..', kind: 'directory', ino: node.ino };
}

function nodeAtHand(directory: VolumeNode, name: string, session: Session): VolumeNode | null {
  try {
    const found = session.volume.lookup(directory, name);
    if (!(found instanceof Promise)) return found;
    // A listing does not wait for it; should it fail, the LOOKUP that follows will tell.
    found.catch(() => {});
    return null;
  } catch (error) {
    // The name is gone, or cannot be looked up now: the listing is of the time when reading began.
    if (error instanceof VolumeError) return null;
    throw error;
  }
}
