import { constants, type PathLike } from 'node:fs';
import { pathArgument } from '../arguments/path.ts';
import { invalidSymlinkType } from '../errors/state-errors.ts';
import type { Prepared } from './prepared.ts';
import { bitsArgument } from './status.ts';

export function rename(oldPath: PathLike, newPath: PathLike): Prepared<void> {
  const from = pathArgument(oldPath, 'oldPath');
  const to = pathArgument(newPath, 'newPath');
  return (calls) => calls.rename(from, to);
}

export function unlink(path: PathLike): Prepared<void> {
  const target = pathArgument(path);
  return (calls) => calls.unlink(target);
}

export function link(existingPath: PathLike, newPath: PathLike): Prepared<void> {
  const from = pathArgument(existingPath, 'existingPath');
  const to = pathArgument(newPath, 'newPath');
  return (calls) => calls.link(from, to);
}

export function symlink(target: PathLike, path: PathLike, type?: unknown): Prepared<void> {
  const to = pathArgument(target, 'target');
  const name = pathArgument(path);
  // Only Windows makes a difference between the types; everywhere else they are just checked.
  if (typeof type === 'string' && type !== 'dir' && type !== 'file' && type !== 'junction') {
    throw invalidSymlinkType(type);
  }
  return (calls) => calls.symlink(to, name);
}

export function copyFile(src: PathLike, dest: PathLike, mode?: number): Prepared<void> {
  const from = pathArgument(src, 'src');
  const to = pathArgument(dest, 'dest');
  const flags = bitsArgument(
    mode,
    constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE | constants.COPYFILE_FICLONE_FORCE,
  );
  return (calls) => calls.copyFile(from, to, flags);
}
