import type { PathLike, TimeLike } from 'node:fs';
import { modeArgument, ownerArgument } from '../arguments/numbers.ts';
import { pathArgument } from '../arguments/path.ts';
import { timeArgument } from '../arguments/time.ts';
import type { Prepared } from './prepared.ts';

export function chmod(path: PathLike, mode: number | string): Prepared<void> {
  const target = pathArgument(path);
  const bits = modeArgument(mode, 'mode');
  return (calls) => calls.chmod(target, bits);
}

export function fchmod(fd: number, mode: number | string): Prepared<void> {
  const bits = modeArgument(mode, 'mode');
  return (calls) => calls.fchmod(fd, bits);
}

export function chown(path: PathLike, uid: number, gid: number): Prepared<void> {
  const target = pathArgument(path);
  ownerArgument(uid, 'uid');
  ownerArgument(gid, 'gid');
  return (calls) => calls.chown(target, uid, gid);
}

export function lchown(path: PathLike, uid: number, gid: number): Prepared<void> {
  const target = pathArgument(path);
  ownerArgument(uid, 'uid');
  ownerArgument(gid, 'gid');
  return (calls) => calls.lchown(target, uid, gid);
}

export function fchown(fd: number, uid: number, gid: number): Prepared<void> {
  ownerArgument(uid, 'uid');
  ownerArgument(gid, 'gid');
  return (calls) => calls.fchown(fd, uid, gid);
}

export function utimes(path: PathLike, atime: TimeLike, mtime: TimeLike): Prepared<void> {
  const target = pathArgument(path);
  const accessed = timeArgument(atime);
  const modified = timeArgument(mtime);
  return (calls) => calls.utimes(target, accessed, modified);
}

export function lutimes(path: PathLike, atime: TimeLike, mtime: TimeLike): Prepared<void> {
  const target = pathArgument(path);
  const accessed = timeArgument(atime);
  const modified = timeArgument(mtime);
  return (calls) => calls.lutimes(target, accessed, modified);
}

export function futimes(fd: number, atime: TimeLike, mtime: TimeLike): Prepared<void> {
  const accessed = timeArgument(atime, 'atime');
  const modified = timeArgument(mtime, 'mtime');
  return (calls) => calls.futimes(fd, accessed, modified);
}
