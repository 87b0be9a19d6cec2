import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import type { Subject } from './run.ts';

/** A folder of this machine's disk with the paths of a space: what a volume is compared with. */
export function localFolder(root: string): Subject {
  const at = (path: string): string => join(root, path);
  return {
    writeFile: (path, data) => fs.writeFile(at(path), data),
    appendFile: (path, data) => fs.appendFile(at(path), data),
    open: (path, flags) => fs.open(at(path), flags),
    async truncate(path, size) {
      const file = await fs.open(at(path), 'r+');
      try {
        await file.truncate(size);
        // Linux leaves the time alone when the size stays; POSIX has it changed.
        await file.utimes(new Date(), new Date());
      } finally {
        await file.close();
      }
    },
    mkdir: (path) => fs.mkdir(at(path)),
    rmdir: (path) => fs.rmdir(at(path)),
    unlink: (path) => fs.unlink(at(path)),
    rename: (from, to) => fs.rename(at(from), at(to)),
    copyFile: (from, to) => fs.copyFile(at(from), at(to)),
    chmod: (path, mode) => fs.chmod(at(path), mode),
    utimes: (path, atime, mtime) => fs.utimes(at(path), atime, mtime),
    readdir: (path) => fs.readdir(at(path)),
    readFile: (path) => fs.readFile(at(path)),
    stat: (path) => fs.stat(at(path)),
  };
}
