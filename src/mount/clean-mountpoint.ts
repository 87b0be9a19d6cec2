import { attacherFor } from './attachment.ts';
import { prepareMountpoint } from './mountpoint.ts';
import { loadNative } from './native.ts';

/**
 * Takes dead mounts of ours off a directory, those whose process is gone (ENOTCONN), and checks that it can be mounted
 * on.
 *
 * @param options.allowNonEmpty whether it may have entries, which a mount hides; true by default
 * @returns whether there was one
 * @throws MountError `already-mounted` when a living mount of ours is there; what else is wrong with the directory
 */
export async function cleanMountpoint(
  mountpoint: string,
  { allowNonEmpty = true, fusermount = 'fusermount3' } = {},
): Promise<boolean> {
  const attacher = attacherFor(loadNative().addon, process.geteuid?.() ?? 0, fusermount);
  let cleaned = false;
  await prepareMountpoint(mountpoint, allowNonEmpty, async (dead) => {
    await attacher.detach(dead, true);
    cleaned = true;
  });
  return cleaned;
}
