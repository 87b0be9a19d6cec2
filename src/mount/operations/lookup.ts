import { VolumeError, type VolumeNode } from '../../volume/index.ts';
import { silent, withBody } from '../operation.ts';
import { type Validity, writeEntry, writeMissingEntry } from '../protocol/entry.ts';
import type { Reply } from '../protocol/reply.ts';
import type { Session } from '../session.ts';

/**
 * LOOKUP: which node a name stands for. A missing name is an answer too, which the kernel remembers: it is told when
 * the name appears.
 */
export const lookup = withBody<Found>({
  changes: false,
  run(request, session) {
    const parent = session.node(request.nodeId);
    const name = request.name(0);
    const validity = session.validityOf(name);
    // Asked for by those who hold a file by its handle (name_to_handle_at, NFS).
    if (name === '.') return { node: parent, validity };
    if (name === '..') return { node: session.volume.parent(parent), validity };
    try {
      const found = session.volume.lookup(parent, name);
      if (!(found instanceof Promise)) return { node: found, validity };
      return found.then(
        (node) => ({ node, validity }),
        (error) => missing(error, validity),
      );
    } catch (error) {
      return missing(error, validity);
    }
  },
  answer: (reply, { node, validity }, session) =>
    node === null ? writeMissingEntry(reply, validity) : answerWithNode(reply, { node, validity }, session),
  undo: forgetOnce,
});

/** A name's node, null when there is none. */
export interface Found {
  readonly node: VolumeNode | null;
  readonly validity: Validity;
}

/** A node under the name that it was asked for. */
export interface Named extends Found {
  readonly node: VolumeNode;
}

/** Writes a node as an answer and counts it. @returns bytes of the body */
export function answerWithNode(reply: Reply, { node, validity }: Named, session: Session): number {
  const { volume, owner, lookups } = session;
  const length = writeEntry(reply, 0, node.id, volume.getattr(node), owner, validity);
  lookups.add(node);
  return length;
}

/** The answer that named a node was not taken. */
export function forgetOnce({ node }: Found, session: Session, written: boolean): void {
  if (node !== null && written) session.lookups.forget(node.id, 1);
}

/** FORGET: the kernel dropped a node from its cache. */
export const forget = silent((request, session) => {
  session.lookups.forget(request.nodeId, request.u64(0));
});

/** BATCH_FORGET: many at once. */
export const batchForget = silent((request, session) => {
  const count = request.u32(0);
  for (let i = 0; i < count; i++) session.lookups.forget(request.u64(8 + 16 * i), request.u64(16 + 16 * i));
});

function missing(error: unknown, validity: Validity): Found {
  if (error instanceof VolumeError && error.code === 'ENOENT') return { node: null, validity };
  throw error;
}
