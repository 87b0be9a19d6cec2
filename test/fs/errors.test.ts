import { describe, expect, test } from 'vitest';
import { pathArgument } from '../../src/fs/arguments/path.ts';
import { asSystemError, systemError } from '../../src/fs/errors/system-error.ts';
import { VolumeError } from '../../src/volume/index.ts';

describe('errors', () => {
  test('of a call: number, code, name, paths and Node’s message', () => {
    const error = systemError('ENOENT', 'rename', '/a', '/b');
    expect({ ...error }).toEqual({ errno: -2, code: 'ENOENT', syscall: 'rename', path: '/a', dest: '/b' });
    expect(error.message).toBe("ENOENT: no such file or directory, rename '/a' -> '/b'");
  });

  test('that Node has no name for keep the system’s', () => {
    expect(systemError('EDQUOT', 'write')).toMatchObject({
      errno: -122,
      code: 'EDQUOT',
      message: 'EDQUOT: disk quota exceeded, write',
    });
  });

  test('keep what the volume knows, where the code does not say it all', () => {
    const quota = new VolumeError('EDQUOT', 'the account has used its 2 GB');
    expect(asSystemError(quota, 'write')).toMatchObject({ cause: quota });
    expect(asSystemError(new VolumeError('ENOENT', 'x'), 'open', '/x')).not.toHaveProperty('cause');
    const unreachable = new VolumeError('EIO', 'no answer', { cause: new Error('ECONNREFUSED') });
    expect(asSystemError(unreachable, 'read')).toMatchObject({ code: 'EIO', cause: unreachable });
  });

  test('that are no refusals go through as they are', () => {
    const bug = new TypeError('a bug');
    expect(asSystemError(bug, 'open')).toBe(bug);
  });

  test('a path of bytes that are no UTF-8 is refused, not changed into another name', () => {
    expect(() => pathArgument(Buffer.from([0x2f, 0xff]))).toThrow(expect.objectContaining({ code: 'EILSEQ' }));
    expect(pathArgument(Buffer.from('/grüße'))).toBe('/grüße');
  });
});
