import { lstat, readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { MountError } from './errors.ts';
import { readMounts, topMount } from './mountinfo.ts';

/** The filesystem type that our mounts show. */
export const FILESYSTEM_TYPE = 'fuse.seamount';
/** How long a mount that is there already may take to say that it lives. */
const PROBE_MS = 5_000;
/** Dead mounts that are cleaned up on top of each other, at most. */
const MAX_STACKED = 16;

/**
 * Checks that something can be mounted on a directory, and cleans up a dead mount of ours on it.
 *
 * @param path       what the user gave
 * @param allowFilled whether the directory may have entries, which the mount will hide
 * @param detach     unmounts a dead mount lazily
 * @returns the directory's absolute path without links
 * @throws MountError that says what is wrong with the directory
 */
export async function prepareMountpoint(
  path: string,
  allowFilled: boolean,
  detach: (mountpoint: string) => Promise<void>,
): Promise<string> {
  const mountpoint = await locate(resolve(path));
  for (let cleaned = 0; cleaned < MAX_STACKED; cleaned++) {
    const mounted = topMount(readMounts(), mountpoint);
    const status = await probe(mountpoint);
    if (mounted?.type === FILESYSTEM_TYPE) {
      if (status !== 'dead') {
        throw new MountError('already-mounted', `${mountpoint}: ${mounted.source} is mounted here; unmount it first`);
      }
      await detach(mountpoint).catch((error: unknown) => {
        // The guard of the process that died may have been faster.
        if (topMount(readMounts(), mountpoint)?.minor === mounted.minor) throw error;
      });
      continue;
    }
    if (status === 'dead') {
      throw new MountError(
        'dead-mount',
        `${mountpoint}: a dead mount of ${mounted?.source ?? 'something else'} is here; unmount it: umount -l ${mountpoint}`,
      );
    }
    if (status !== 'directory') throw new MountError('mountpoint-not-directory', `${mountpoint} is not a directory`);
    if (!allowFilled) await refuseFilled(mountpoint);
    return mountpoint;
  }
  throw new MountError('dead-mount', `${mountpoint}: dead mounts come back here; look at /proc/self/mountinfo`);
}

async function locate(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    // The last component is a dead mount: its own name cannot be a link.
    if (codeOf(error) === 'ENOTCONN') return join(await realpath(dirname(path)), basename(path));
    throw unusable(path, error);
  }
}

async function probe(mountpoint: string): Promise<'directory' | 'other' | 'dead' | 'silent'> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<'silent'>((done) => {
    timer = setTimeout(() => done('silent'), PROBE_MS);
  });
  const look = lstat(mountpoint).then(
    (stats) => (stats.isDirectory() ? ('directory' as const) : ('other' as const)),
    (error: unknown) => {
      if (codeOf(error) === 'ENOTCONN' || codeOf(error) === 'ECONNABORTED') return 'dead' as const;
      throw unusable(mountpoint, error);
    },
  );
  try {
    return await Promise.race([look, patience]);
  } finally {
    clearTimeout(timer);
  }
}

async function refuseFilled(mountpoint: string): Promise<void> {
  const names = await readdir(mountpoint).catch((error: unknown) => {
    throw unusable(mountpoint, error);
  });
  if (names.length === 0) return;
  throw new MountError(
    'mountpoint-not-empty',
    `${mountpoint} is not empty (${names.length} entries); use an empty directory`,
  );
}

function unusable(path: string, error: unknown): MountError {
  const code = codeOf(error);
  if (code === 'ENOENT')
    return new MountError('mountpoint-missing', `${path} does not exist; create it: mkdir -p ${path}`);
  if (code === 'ENOTDIR')
    return new MountError('mountpoint-not-directory', `${path}: a part of the path is not a directory`);
  return new MountError('mountpoint-unusable', `${path} cannot be used as a mount point: ${code ?? String(error)}`, {
    cause: error,
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
