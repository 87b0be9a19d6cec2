import type { Operation } from '../operation.ts';
import { OPCODE_LIMIT, Opcode, type OperationName } from '../protocol/opcodes.ts';
import { access, getattr, setattr } from './attributes.ts';
import { destroy, init, statfs } from './connection.ts';
import { fsyncdir, opendir, readdir, readdirplus, releasedir } from './directories.ts';
import { create, flush, fsync, open, read, release, tmpfile, write } from './files.ts';
import { batchForget, forget, lookup } from './lookup.ts';
import { link, mkdir, mknod, readlink, rename, rename2, rmdir, symlink, unlink } from './names.ts';

const supported = {
  ACCESS: access,
  BATCH_FORGET: batchForget,
  CREATE: create,
  DESTROY: destroy,
  FLUSH: flush,
  FORGET: forget,
  FSYNC: fsync,
  FSYNCDIR: fsyncdir,
  GETATTR: getattr,
  INIT: init,
  LINK: link,
  LOOKUP: lookup,
  MKDIR: mkdir,
  MKNOD: mknod,
  OPEN: open,
  OPENDIR: opendir,
  READ: read,
  READDIR: readdir,
  READDIRPLUS: readdirplus,
  READLINK: readlink,
  RELEASE: release,
  RELEASEDIR: releasedir,
  RENAME: rename,
  RENAME2: rename2,
  RMDIR: rmdir,
  SETATTR: setattr,
  STATFS: statfs,
  SYMLINK: symlink,
  TMPFILE: tmpfile,
  UNLINK: unlink,
  WRITE: write,
} as const;

/**
 * The operations by opcode. Values pass from `run` to `answer` of the same operation only, which is why their types may
 * be forgotten here. INTERRUPT is the dispatcher's own; all others are answered with ENOSYS, which the kernel remembers.
 */
export const operations: readonly (Operation<unknown> | undefined)[] = (() => {
  const table = new Array<Operation<unknown> | undefined>(OPCODE_LIMIT).fill(undefined);
  for (const name of Object.keys(supported) as (keyof typeof supported & OperationName)[]) {
    table[Opcode[name]] = supported[name] as Operation<unknown>;
  }
  return table;
})();
