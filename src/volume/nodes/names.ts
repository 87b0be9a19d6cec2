import { VolumeError } from '../errno.ts';

/** The longest name, in bytes of UTF-8, of Linux and of Seafile (seafile-api C.9). */
export const NAME_MAX_BYTES = 255;

/**
 * The form in which a new name is stored: NFC, as the server makes it (seafile-api C.9).
 *
 * @throws VolumeError EINVAL for what can be no name, ENAMETOOLONG
 */
export function newName(name: string): string {
  const normal = isAscii(name) ? name : name.normalize('NFC');
  if (normal === '' || normal === '.' || normal === '..' || normal.includes('/') || normal.includes('\0')) {
    throw new VolumeError('EINVAL', `${JSON.stringify(name)} cannot be the name of a file or folder`);
  }
  checkLength(normal);
  return normal;
}

/** @throws VolumeError ENAMETOOLONG */
export function checkLength(name: string): void {
  if (name.length * 3 > NAME_MAX_BYTES && Buffer.byteLength(name) > NAME_MAX_BYTES) {
    throw new VolumeError(
      'ENAMETOOLONG',
      `"${name.slice(0, 40)}..." has ${Buffer.byteLength(name)} bytes; at most 255 are stored`,
    );
  }
}

/** Whether POSIX can show a name the server holds; old servers store some that it cannot (seafile-api L26). */
export function isShowable(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !name.includes('/') && !name.includes('\0');
}

export function isAscii(name: string): boolean {
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) > 127) return false;
  return true;
}
