import type { FilesystemStatus } from '../../volume/index.ts';
import { withBody, withoutBody } from '../operation.ts';
import { type KernelOffer, offersPassthrough, readInit, writeInit } from '../protocol/init.ts';

/** struct fuse_kstatfs, in bytes. */
const STATFS_BYTES = 80;

/** INIT: the first request of a connection, by which the two sides agree on how to talk. */
export const init = withBody<KernelOffer>({
  changes: false,
  run: readInit,
  answer(reply, offer, session) {
    if (offersPassthrough(offer)) session.passthrough.start();
    session.onInit(offer);
    return writeInit(reply, offer);
  },
});

/** DESTROY: the last request of a connection, where one is sent. */
export const destroy = withoutBody({ changes: false, run: () => {} });

/** STATFS */
export const statfs = withBody<FilesystemStatus>({
  changes: false,
  run: (_request, session) => session.volume.statfs(),
  answer(reply, status) {
    const { blockSize } = status;
    const free = Math.floor(status.freeBytes / blockSize);
    reply.zero(0, STATFS_BYTES);
    reply.u64(0, Math.floor(status.totalBytes / blockSize));
    reply.u64(8, free);
    reply.u64(16, free);
    reply.u64(24, status.files);
    reply.u64(32, status.freeFiles);
    reply.u32(40, blockSize);
    reply.u32(44, status.nameMax);
    reply.u32(48, blockSize);
    return STATFS_BYTES;
  },
});
