import { readFileSync } from 'node:fs';

/** A line of /proc/self/mountinfo. */
export interface MountedFilesystem {
  readonly major: number;
  readonly minor: number;
  readonly mountpoint: string;
  /** `fuse.seamount` */
  readonly type: string;
  readonly source: string;
}

/**
 * Everything mounted, as this process sees it, in the order it was mounted. Asks no filesystem anything. Empty on
 * systems that do not tell (other than Linux).
 */
export function readMounts(): MountedFilesystem[] {
  if (process.platform !== 'linux') return [];
  return parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
}

/** What is mounted on a directory, topmost; null when nothing is. @param mountpoint absolute, without links */
export function topMount(mounts: readonly MountedFilesystem[], mountpoint: string): MountedFilesystem | null {
  return mounts.findLast((mount) => mount.mountpoint === mountpoint) ?? null;
}

/** Parses mountinfo (proc_pid_mountinfo(5)); lines of another form are left out. */
export function parseMounts(text: string): MountedFilesystem[] {
  const mounts: MountedFilesystem[] = [];
  for (const line of text.split('\n')) {
    // Optional fields, any number of them, end with a lone dash.
    const [before, after] = line.split(' - ', 2);
    const [, , device, , mountpoint] = before?.split(' ') ?? [];
    const [type, source] = after?.split(' ') ?? [];
    const [major, minor] = device?.split(':').map(Number) ?? [];
    if (major === undefined || minor === undefined || mountpoint === undefined || type === undefined) continue;
    mounts.push({ major, minor, mountpoint: decodeOctal(mountpoint), type, source: decodeOctal(source ?? '') });
  }
  return mounts;
}

/** Blanks, tabs, line ends and backslashes are written as three octal digits, byte by byte. */
function decodeOctal(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
