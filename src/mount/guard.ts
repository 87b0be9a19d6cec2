import { spawn } from 'node:child_process';
import type { MountedFilesystem } from './mountinfo.ts';
import type { NativeAddon } from './native.ts';

/** A process that looks after a mount when this one is gone. */
export interface Guard {
  /** The mount has ended: there is nothing to look after. */
  dismiss(): void;
  /** Its process has ended. */
  readonly ended: Promise<void>;
}

/**
 * Starts a mount's guard (native/src/guard.cc): when this process ends in whatever way, it frees those who wait in the
 * mount, and takes the mount off its directory.
 *
 * @param fd         the connection
 * @param fusermount the program that unmounts, or null for root
 * @param onLost     is told, once, why there is no guard (any more)
 */
export function startGuard(
  addon: NativeAddon,
  program: string,
  fd: number,
  mounted: MountedFilesystem,
  fusermount: string | null,
  onLost: (reason: string) => void,
): Guard {
  let dismissed = false;
  const lost = (reason: string) => {
    if (!dismissed) onLost(reason);
    dismissed = true;
  };
  const connection = addon.cloneDevice(fd);
  try {
    const device = `${mounted.major}:${mounted.minor}`;
    const child = spawn(program, [mounted.mountpoint, device, ...(fusermount === null ? [] : [fusermount])], {
      stdio: ['pipe', 'ignore', 'ignore', connection],
      // Not in our working directory, which may be in a mount, and not in our process group, which may be killed whole.
      cwd: '/',
      detached: true,
    });
    child.on('error', (error) => lost(error.message));
    const ended = new Promise<void>((resolve) => {
      child.on('exit', (code, signal) => {
        lost(`it ended with ${signal ?? `exit code ${code}`}`);
        resolve();
      });
    });
    // A guard that is gone is noticed by its exit.
    child.stdin?.on('error', () => {});
    child.unref();
    return {
      ended,
      dismiss() {
        dismissed = true;
        child.stdin?.end();
      },
    };
  } finally {
    addon.closeDescriptor(connection);
  }
}
