import { MountError, type MountErrorCode } from '../../mount/index.ts';
import { SeafileError, type SeafileErrorKind } from '../../seafile/index.ts';
import { type Errno, VolumeError } from '../../volume/index.ts';
import { DriveError, type DriveErrorKind } from '../errors.ts';

/** An error on its way to another thread, where structured clone would leave its class and fields behind. */
export interface EncodedError {
  readonly name: string;
  readonly message: string;
  /** Own fields with plain values, in order: `errno`, `code`, `syscall`. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly cause: EncodedError | null;
}

/** Deep enough for every chain of ours; a circle ends. */
const MAX_CAUSES = 8;

export function encodeError(error: unknown, depth = 0): EncodedError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), fields: {}, cause: null };
  const plain = Object.entries(error).filter(
    ([key, value]) => key !== 'name' && (value === null || typeof value !== 'object') && typeof value !== 'function',
  );
  const cause = error.cause === undefined || depth >= MAX_CAUSES ? null : encodeError(error.cause, depth + 1);
  return { name: error.name, message: error.message, fields: Object.fromEntries(plain), cause };
}

/** The error as it was, with the stack of who asked. */
export function decodeError(encoded: EncodedError): Error {
  const { name, message, fields } = encoded;
  const options = encoded.cause === null ? {} : { cause: decodeError(encoded.cause) };
  switch (name) {
    // The fields of these classes are what their constructors took on the other side.
    case 'VolumeError': {
      const code = fields.code as Errno;
      return new VolumeError(code, message.slice(`${code}: `.length), options);
    }
    case 'SeafileError': {
      const { status, request } = fields as { status?: number; request?: string };
      return new SeafileError(fields.kind as SeafileErrorKind, message, {
        ...(status === undefined ? {} : { status }),
        ...(request === undefined ? {} : { request }),
        ...options,
      });
    }
    case 'MountError':
      return new MountError(fields.code as MountErrorCode, message, options);
    case 'DriveError':
      return new DriveError(fields.kind as DriveErrorKind, message, options);
    default: {
      const Base = name === 'TypeError' ? TypeError : name === 'RangeError' ? RangeError : Error;
      const error = new Base(message, options);
      if (error.name !== name) Object.defineProperty(error, 'name', { value: name, configurable: true });
      return Object.assign(error, fields);
    }
  }
}
