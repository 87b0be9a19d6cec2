/**
 * The fs-like module: the API of `node:fs` on a volume.
 *
 * `calls/` is to it what libuv is to Node's `fs`: paths and descriptors over the volume's nodes. `operations/` holds
 * each function once, with Node's checks of its arguments; `doors/` make promises, callbacks and classes of them. It
 * knows nothing of Seafile, of caches, or of how changes get to the server: that is the volume's.
 */
export type { Identity, SystemCalls, WatchListener } from './calls/calls.ts';
export { newDevice, type VolumeCallsOptions, volumeCalls } from './calls/volume-calls.ts';
export { createFs, createFsFromVolume, type FsOptions, type SeamountFs } from './create-fs.ts';
export { type SystemError, systemError } from './errors/system-error.ts';
