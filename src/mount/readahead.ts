import { readFileSync, writeFileSync } from 'node:fs';
import type { MountedFilesystem } from './mountinfo.ts';

/**
 * Raises how far the kernel reads ahead in files of a mount: 128 KiB by itself, which makes a stream of 1 MiB reads into
 * one of 128 KiB requests.
 *
 * @returns the value in force, in KiB; null when the system does not show it
 */
export function raiseReadAhead({ major, minor }: MountedFilesystem, wantedKiB: number): number | null {
  const file = `/sys/class/bdi/${major}:${minor}/read_ahead_kb`;
  let current: number;
  try {
    current = Number(readFileSync(file, 'utf8'));
  } catch {
    // No sysfs (a container): the kernel's own value stays.
    return null;
  }
  if (current >= wantedKiB) return current;
  try {
    writeFileSync(file, String(wantedKiB));
    return wantedKiB;
  } catch {
    // Not root, or sysfs is read-only: the kernel's own value stays, and the mount tells it.
    return current;
  }
}
