import { chmod, chown, lchown, lutimes, utimes } from '../operations/attributes.ts';
import { cp } from '../operations/copy-tree.ts';
import { mkdir, mkdtemp, opendir, readdir } from '../operations/directories.ts';
import { copyFile, link, rename, symlink, unlink } from '../operations/names.ts';
import { readFile } from '../operations/read-file.ts';
import { rm, rmdir } from '../operations/remove.ts';
import { access, lstat, readlink, realpath, stat, statfs } from '../operations/status.ts';
import { truncate } from '../operations/truncate.ts';
import { appendFile, writeFile } from '../operations/write-file.ts';

/** The functions of `node:fs` that take a path and are the same at every door. */
export const pathOperations = {
  access,
  appendFile,
  chmod,
  chown,
  copyFile,
  cp,
  lchown,
  link,
  lstat,
  lutimes,
  mkdir,
  mkdtemp,
  opendir,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  statfs,
  symlink,
  truncate,
  unlink,
  utimes,
  writeFile,
} as const;

export type PathOperationName = keyof typeof pathOperations;
