import { attacherFor } from './attachment.ts';
import { prepareMountpoint } from './mountpoint.ts';
import { loadNative } from './native.ts';

/**
 * Takes dead mounts of ours off a directory: those whose process is gone (ENOTCONN).
 *
 * @returns whether there was one
 * @throws MountError `already-mounted` when a living mount of ours is there; what else is wrong with the directory
 */
export async function cleanMountpoint(mountpoint: string, fusermount = 'fusermount3'): Promise<boolean> {
  const attacher = attacherFor(loadNative().addon, process.geteuid?.() ?? 0, fusermount);
  let cleaned = false;
  await prepareMountpoint(mountpoint, true, async (dead) => {
    await attacher.detach(dead, true);
    cleaned = true;
  });
  return cleaned;
}
