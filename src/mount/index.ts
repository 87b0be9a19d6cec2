/**
 * The FUSE mount: a volume as a directory that every program can use.
 *
 * Speaks the kernel's protocol over the channel in native/ and tells the kernel exactly what changed, so that it may
 * cache all else. Knows nodes and attributes through VolumeOperations alone, and nothing of Seafile.
 */
export { cleanMountpoint } from './clean-mountpoint.ts';
export { MountError, type MountErrorCode } from './errors.ts';
export {
  type Mount,
  type MountDriver,
  type MountEnd,
  type MountOptions,
  type MountStats,
  mountVolume,
} from './mount.ts';
