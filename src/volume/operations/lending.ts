import { LentFile } from '../content/lent-file.ts';
import { andThen, type MaybePromise } from '../maybe.ts';
import type { FileNode } from '../nodes/node.ts';
import { recorded, type VolumeState } from '../state.ts';
import { flushFiles } from '../threads/flush-thread.ts';
import type { Loan } from '../volume.ts';
import { contentChanged } from './attributes.ts';

/** Below this the kernel's own cache serves as well, and lending would cost more than it saves. */
const WORTH_LENDING_BYTES = 256 * 2 ** 10;
/** Above this a writer would wait too long for the copy that is made for him; where nobody writes there is no limit. */
const MAX_COPY_BYTES = 2 ** 30;

/**
 * Lends the local file of a node's content. Only of a node that nobody writes to, and that is wholly on this machine.
 *
 * @param isSole whether nobody but the one with this descriptor has the file open, in any process
 */
export function lend(state: VolumeState, node: FileNode, isSole: (fd: number) => boolean): Loan | null {
  const lent = node.lent ?? take(state, node, isSole);
  if (lent === null) return null;
  node.lent = lent;
  state.contents.lent.add(node);
  lent.users += 1;
  let isOut = true;
  return {
    fd: lent.fd,
    giveBack() {
      if (isOut) letGo(state, node, lent);
      isOut = false;
    },
  };
}

function take(state: VolumeState, node: FileNode, isSole: (fd: number) => boolean): LentFile | null {
  const { cache, contents, readOnly } = state;
  const { fileId, versionSize } = node;
  if (node.staged !== null || node.writers > 0 || versionSize < WORTH_LENDING_BYTES) return null;
  if (!readOnly && versionSize > MAX_COPY_BYTES) return null;
  const path = readOnly
    ? cache.pathOf(fileId, versionSize)
    : cache.isolate(fileId, versionSize, contents.lentPath(fileId), isSole);
  return path === null ? null : new LentFile(path, versionSize, fileId);
}

function letGo(state: VolumeState, node: FileNode, lent: LentFile): void {
  lent.users -= 1;
  if (lent.users > 0) return;
  if (node.lent === lent) {
    node.lent = null;
    state.contents.lent.delete(node);
  }
  if (node.staged !== null) node.staged.mirror = null;
  lent.close();
  if (!lent.isParted && !state.readOnly) state.cache.bringHome(lent.id);
}

/** Before a node is written to: what was lent of it is made the node's own. */
export function partWithLent(state: VolumeState, node: FileNode): MaybePromise<void> {
  const { lent } = node;
  if (lent === null || lent.isParted) return;
  lent.users += 1;
  lent.parting ??= state.cache.part(lent.id).then(() => {
    lent.isParted = true;
  });
  return lent.parting.then(() => {
    letGo(state, node, lent);
    // Another loan may have begun meanwhile.
    return partWithLent(state, node);
  });
}

/** Records what was written past us to files that are lent and open for writing. */
export async function absorbAll(state: VolumeState): Promise<void> {
  for (const node of state.contents.lent) if (node.writers > 0) await absorb(state, node);
}

/** Records what was written past us to a node's lent file. */
export function absorb(state: VolumeState, node: FileNode): MaybePromise<void> {
  const { lent } = node;
  if (lent === null || !lent.isParted || !lent.wasWritten()) return;
  lent.users += 1;
  return lent
    .absorb(
      (fd) => flushFiles([fd]),
      (offset, length) => state.contents.source(node).read(offset, Math.max(0, Math.min(length, node.size - offset))),
      (offset, data) =>
        andThen(state.contents.writable(node), (generation) => {
          const extent = generation.take(offset, data);
          if (extent !== null) state.journal.noteExtent(generation, extent);
          state.journal.noteUnsynced(generation);
          contentChanged(state, node);
          recorded(state);
          state.events.tell({ kind: 'content', node, remote: false });
        }),
    )
    .finally(() => letGo(state, node, lent));
}
