/**
 * The POSIX-like layer over one space: nodes, handles, caches, pending changes, write-back.
 *
 * Shows the tree of the newest accepted head with the changes made here on top, and sends those in batches. Knows
 * nothing of FUSE, of paths with slashes, or of Node's `fs`.
 */
export * from './errno.ts';
export * from './errors.ts';
export * from './events.ts';
export type { FollowedLinks } from './links/link-reader.ts';
export { LocalStores, type StoreLimits } from './local/stores.ts';
export { andThen } from './maybe.ts';
export { openVolume, type VolumeLog, type VolumeOptions } from './open-volume.ts';
export { Volume } from './space-volume.ts';
export type { Durability } from './state.ts';
export type { PendingItem, VolumeStatus } from './status.ts';
export * from './volume.ts';
