import path from 'node:path';
import envPaths from 'env-paths';
import type { Context, Directories } from './context.ts';

/** A UNIX socket's path has at most 107 bytes; the names below need this many of them. */
const SOCKET_NAME_BYTES = 30;
const MAX_SOCKET_PATH_BYTES = 107;

/** The places the platform has for a user's files. */
export function userDirectories(env: Context['env']): Directories {
  const places = envPaths('seamount', { suffix: '' });
  const session = env.XDG_RUNTIME_DIR;
  const runtime = session && path.isAbsolute(session) ? path.join(session, 'seamount') : path.join(places.cache, 'run');
  return {
    config: places.config,
    cache: places.cache,
    data: places.data,
    log: places.log,
    runtime: fitsSocket(runtime) ? runtime : path.join(places.temp, 'run'),
  };
}

function fitsSocket(directory: string): boolean {
  return Buffer.byteLength(directory) + SOCKET_NAME_BYTES <= MAX_SOCKET_PATH_BYTES;
}
