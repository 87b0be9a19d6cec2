import { type MaybePromise, VolumeError, type VolumeNode } from '../../volume/index.ts';
import { silent, withBody } from '../operation.ts';
import { writeEntry, writeMissingEntry } from '../protocol/entry.ts';
import type { Reply } from '../protocol/reply.ts';
import type { Session } from '../session.ts';

/**
 * LOOKUP: which node a name stands for. A missing name is an answer too, which the kernel remembers: it is told when
 * the name appears.
 */
export const lookup = withBody<VolumeNode | null>({
  changes: false,
  run(request, session) {
    const parent = session.node(request.nodeId);
    const name = request.name(0);
    let found: MaybePromise<VolumeNode>;
    try {
      found = session.volume.lookup(parent, name);
    } catch (error) {
      return nullIfMissing(error);
    }
    return found instanceof Promise ? found.catch(nullIfMissing) : found;
  },
  answer: (reply, node, session) =>
    node === null ? writeMissingEntry(reply, session.validity) : answerWithNode(reply, node, session),
  undo(node, session, written) {
    if (node !== null && written) session.lookups.forget(node.id, 1);
  },
});

/** Writes a node as an answer and counts it. @returns bytes of the body */
export function answerWithNode(reply: Reply, node: VolumeNode, session: Session): number {
  const { volume, owner, validity, lookups } = session;
  const length = writeEntry(reply, 0, node.id, volume.getattr(node), owner, validity);
  lookups.add(node);
  return length;
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

function nullIfMissing(error: unknown): null {
  if (error instanceof VolumeError && error.code === 'ENOENT') return null;
  throw error;
}
