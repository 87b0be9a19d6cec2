/**
 * seamount: user spaces on Seafile, mounted as a filesystem and used as a `node:fs`-like module.
 *
 * This is the public API for programs: `connect`, and what it leads to. The embedded server is `seamount/server`.
 */
export * from './drive/index.ts';
export { createFsFromVolume, type SeamountFs } from './fs/index.ts';
export { type Mount, MountError, type MountErrorCode, type MountOptions } from './mount/index.ts';
export { SeafileError, type SeafileErrorKind } from './seafile/index.ts';
export { type Durability, type Errno, VolumeError } from './volume/index.ts';
