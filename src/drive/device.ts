import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import type { SyncDevice } from '../seafile/index.ts';
import { VERSION } from './version.ts';

/**
 * What this installation is called in the list of devices that the server keeps for an account. The id is made once
 * and kept in the cache's root.
 */
export function deviceOf(cacheRoot: string): SyncDevice {
  return { id: deviceId(path.join(cacheRoot, 'device-id')), name: `seamount on ${hostname()}`, version: VERSION };
}

function deviceId(file: string): string {
  const known = read(file);
  if (known !== null) return known;
  const id = randomBytes(20).toString('hex');
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, id, { flag: 'wx', mode: 0o600 });
    return id;
  } catch (error) {
    // Another process was faster, or left half of one: what is whole there is taken, anything else is replaced.
    const theirs = read(file);
    if (theirs !== null) return theirs;
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    writeFileSync(file, id, { mode: 0o600 });
    return id;
  }
}

function read(file: string): string | null {
  try {
    const text = readFileSync(file, 'utf8').trim();
    return /^[0-9a-f]{40}$/.test(text) ? text : null;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
