import type { SystemCalls } from '../fs/index.ts';

/** A system call. */
export type CallName = Exclude<keyof SystemCalls, 'identity'>;

const names: Readonly<Record<CallName, true>> = {
  open: true,
  close: true,
  read: true,
  readTo: true,
  write: true,
  fsync: true,
  fdatasync: true,
  fstat: true,
  ftruncate: true,
  fchmod: true,
  fchown: true,
  futimes: true,
  stat: true,
  lstat: true,
  access: true,
  chmod: true,
  chown: true,
  lchown: true,
  utimes: true,
  lutimes: true,
  statfs: true,
  realpath: true,
  readlink: true,
  readdir: true,
  opendir: true,
  mkdir: true,
  mkdirp: true,
  mkdtemp: true,
  rmdir: true,
  unlink: true,
  rename: true,
  link: true,
  symlink: true,
  copyFile: true,
  watch: true,
};

/** The names of all system calls; the compiler sees to it that none is missing. */
export const CALL_NAMES = Object.keys(names) as readonly CallName[];
