import { constants } from 'node:os';
import { type Errno, VolumeError } from '../../volume/index.ts';

/** Seafile knows no key for an encrypted library; `os.constants.errno` has no name for it. */
const ENOKEY = 126;

const numbers = constants.errno as Readonly<Record<string, number | undefined>>;

/** The system's number for a name. */
export function errnoNumber(name: Errno): number {
  if (name === 'ENOKEY') return ENOKEY;
  return numbers[name] ?? constants.errno.EIO;
}

/** The number for what an operation threw; null when it is not a refusal of the volume but a defect or the unforeseen. */
export function errnoOf(error: unknown): number | null {
  return error instanceof VolumeError ? errnoNumber(error.code) : null;
}
