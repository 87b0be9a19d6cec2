/**
 * Where programs begin: signing in, spaces, sharing, and open volumes with their two doors (`fs` and `mount`).
 *
 * Puts the layers below together, and keeps every path a caller gives inside the caller's space. Knows nothing of the
 * command line.
 */
export { type Auth, clientCredentials, password, token } from '../seafile/index.ts';
export { type ConnectOptions, connect } from './connect.ts';
export { Drive, type DriveStats } from './drive.ts';
export { DriveError, type DriveErrorKind } from './errors.ts';
export type { FoundLibrary, ReachableLibrary } from './libraries.ts';
export type { Logger } from './logger.ts';
export { OpenVolume, type VolumeMountOptions } from './open-volume.ts';
export type { OpenVolumeStatus, PendingChange, SpaceChange, SpaceConflict } from './running-volume.ts';
export type { ShareRequest, SpaceShare } from './sharing.ts';
export { type OpenOptions, Space } from './space.ts';
export { absolutePath, formatSpace, parseInside, parseSpace, type SpaceAddress } from './space-path.ts';
export { VERSION } from './version.ts';
