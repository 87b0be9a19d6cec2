import { constants } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { SeamountFs } from '../../src/fs/index.ts';
import { failureOf, systemFailure } from './failures.ts';
import { freshDirectory, type SubjectSource } from './subject.ts';

type Errno = Parameters<typeof systemFailure>[0];
type Promises = SeamountFs['promises'];

/** A call that fails: what is called, and the error's code, call, path and destination. */
type Case = readonly [
  title: string,
  call: (fs: Promises, d: string) => Promise<unknown>,
  code: Errno,
  syscall: string,
  path?: string,
  dest?: string,
];

/** Each starts from: `file`, `full/inner/`, `empty/`. Paths are inside the test's directory. */
const cases: readonly Case[] = [
  ['access: missing', (fs, d) => fs.access(`${d}/none`), 'ENOENT', 'access', '/none'],
  ['access: below a file', (fs, d) => fs.access(`${d}/file/x`), 'ENOTDIR', 'access', '/file/x'],
  [
    'access: execute what is no program',
    (fs, d) => fs.access(`${d}/file`, constants.X_OK),
    'EACCES',
    'access',
    '/file',
  ],
  ['stat: missing', (fs, d) => fs.stat(`${d}/none`), 'ENOENT', 'stat', '/none'],
  ['stat: below a file', (fs, d) => fs.stat(`${d}/file/x`), 'ENOTDIR', 'stat', '/file/x'],
  ['stat: a file with a slash', (fs, d) => fs.stat(`${d}/file/`), 'ENOTDIR', 'stat', '/file/'],
  ['stat: .. of a file', (fs, d) => fs.stat(`${d}/file/..`), 'ENOTDIR', 'stat', '/file/..'],
  ['stat: name too long', (fs, d) => fs.stat(`${d}/${'n'.repeat(256)}`), 'ENAMETOOLONG', 'stat', `/${'n'.repeat(256)}`],
  ['lstat: missing', (fs, d) => fs.lstat(`${d}/none`), 'ENOENT', 'lstat', '/none'],
  ['open: missing', (fs, d) => fs.open(`${d}/none`), 'ENOENT', 'open', '/none'],
  ['open: missing directory', (fs, d) => fs.open(`${d}/none/x`, 'w'), 'ENOENT', 'open', '/none/x'],
  ['open: below a file', (fs, d) => fs.open(`${d}/file/x`, 'w'), 'ENOTDIR', 'open', '/file/x'],
  ['open: directory to write', (fs, d) => fs.open(`${d}/full`, 'w'), 'EISDIR', 'open', '/full'],
  ['open: directory to read and write', (fs, d) => fs.open(`${d}/full`, 'r+'), 'EISDIR', 'open', '/full'],
  ['open: directory to append', (fs, d) => fs.open(`${d}/full`, 'a'), 'EISDIR', 'open', '/full'],
  ['open: exclusive, file exists', (fs, d) => fs.open(`${d}/file`, 'wx'), 'EEXIST', 'open', '/file'],
  ['open: exclusive, directory exists', (fs, d) => fs.open(`${d}/full`, 'wx'), 'EEXIST', 'open', '/full'],
  ['open: new file with a slash', (fs, d) => fs.open(`${d}/new/`, 'w'), 'EISDIR', 'open', '/new/'],
  ['open: file with a slash', (fs, d) => fs.open(`${d}/file/`), 'ENOTDIR', 'open', '/file/'],
  ['open: .', (fs, d) => fs.open(`${d}/.`, 'w'), 'EISDIR', 'open', '/.'],
  ['open: O_DIRECTORY on a file', (fs, d) => fs.open(`${d}/file`, constants.O_DIRECTORY), 'ENOTDIR', 'open', '/file'],
  [
    'open: new name too long',
    (fs, d) => fs.open(`${d}/${'é'.repeat(128)}`, 'w'),
    'ENAMETOOLONG',
    'open',
    `/${'é'.repeat(128)}`,
  ],
  ['readFile: missing', (fs, d) => fs.readFile(`${d}/none`), 'ENOENT', 'open', '/none'],
  ['readFile: directory', (fs, d) => fs.readFile(`${d}/full`), 'EISDIR', 'read'],
  ['writeFile: directory', (fs, d) => fs.writeFile(`${d}/full`, 'x'), 'EISDIR', 'open', '/full'],
  ['appendFile: missing directory', (fs, d) => fs.appendFile(`${d}/none/x`, 'x'), 'ENOENT', 'open', '/none/x'],
  ['truncate: missing', (fs, d) => fs.truncate(`${d}/none`), 'ENOENT', 'open', '/none'],
  ['truncate: directory', (fs, d) => fs.truncate(`${d}/full`), 'EISDIR', 'open', '/full'],
  ['readdir: missing', (fs, d) => fs.readdir(`${d}/none`), 'ENOENT', 'scandir', '/none'],
  ['readdir: file', (fs, d) => fs.readdir(`${d}/file`), 'ENOTDIR', 'scandir', '/file'],
  ['opendir: missing', (fs, d) => fs.opendir(`${d}/none`), 'ENOENT', 'opendir', '/none'],
  ['opendir: file', (fs, d) => fs.opendir(`${d}/file`), 'ENOTDIR', 'opendir', '/file'],
  ['mkdir: exists', (fs, d) => fs.mkdir(`${d}/full`), 'EEXIST', 'mkdir', '/full'],
  ['mkdir: file exists', (fs, d) => fs.mkdir(`${d}/file`), 'EEXIST', 'mkdir', '/file'],
  ['mkdir: .', (fs, d) => fs.mkdir(`${d}/full/.`), 'EEXIST', 'mkdir', '/full/.'],
  ['mkdir: missing parent', (fs, d) => fs.mkdir(`${d}/none/x`), 'ENOENT', 'mkdir', '/none/x'],
  ['mkdir: below a file', (fs, d) => fs.mkdir(`${d}/file/x`), 'ENOTDIR', 'mkdir', '/file/x'],
  ['mkdir recursive: file exists', (fs, d) => fs.mkdir(`${d}/file`, { recursive: true }), 'EEXIST', 'mkdir', '/file'],
  [
    'mkdir recursive: below a file',
    (fs, d) => fs.mkdir(`${d}/file/x/y`, { recursive: true }),
    'ENOTDIR',
    'mkdir',
    '/file/x/y',
  ],
  ['rmdir: missing', (fs, d) => fs.rmdir(`${d}/none`), 'ENOENT', 'rmdir', '/none'],
  ['rmdir: file', (fs, d) => fs.rmdir(`${d}/file`), 'ENOTDIR', 'rmdir', '/file'],
  ['rmdir: not empty', (fs, d) => fs.rmdir(`${d}/full`), 'ENOTEMPTY', 'rmdir', '/full'],
  ['rmdir: .', (fs, d) => fs.rmdir(`${d}/empty/.`), 'EINVAL', 'rmdir', '/empty/.'],
  ['rmdir: ..', (fs, d) => fs.rmdir(`${d}/full/inner/..`), 'ENOTEMPTY', 'rmdir', '/full/inner/..'],
  ['rm: missing', (fs, d) => fs.rm(`${d}/none`), 'ENOENT', 'lstat', '/none'],
  ['unlink: missing', (fs, d) => fs.unlink(`${d}/none`), 'ENOENT', 'unlink', '/none'],
  ['unlink: directory', (fs, d) => fs.unlink(`${d}/full`), 'EISDIR', 'unlink', '/full'],
  ['unlink: directory with a slash', (fs, d) => fs.unlink(`${d}/full/`), 'EISDIR', 'unlink', '/full/'],
  ['unlink: file with a slash', (fs, d) => fs.unlink(`${d}/file/`), 'ENOTDIR', 'unlink', '/file/'],
  ['unlink: ..', (fs, d) => fs.unlink(`${d}/full/..`), 'EISDIR', 'unlink', '/full/..'],
  ['rename: missing', (fs, d) => fs.rename(`${d}/none`, `${d}/new`), 'ENOENT', 'rename', '/none', '/new'],
  [
    'rename: into a missing directory',
    (fs, d) => fs.rename(`${d}/file`, `${d}/none/x`),
    'ENOENT',
    'rename',
    '/file',
    '/none/x',
  ],
  [
    'rename: directory over a file',
    (fs, d) => fs.rename(`${d}/empty`, `${d}/file`),
    'ENOTDIR',
    'rename',
    '/empty',
    '/file',
  ],
  [
    'rename: file over a directory',
    (fs, d) => fs.rename(`${d}/file`, `${d}/empty`),
    'EISDIR',
    'rename',
    '/file',
    '/empty',
  ],
  [
    'rename: over a full directory',
    (fs, d) => fs.rename(`${d}/empty`, `${d}/full`),
    'ENOTEMPTY',
    'rename',
    '/empty',
    '/full',
  ],
  [
    'rename: into itself',
    (fs, d) => fs.rename(`${d}/full`, `${d}/full/inner/x`),
    'EINVAL',
    'rename',
    '/full',
    '/full/inner/x',
  ],
  ['rename: .', (fs, d) => fs.rename(`${d}/full/.`, `${d}/new`), 'EBUSY', 'rename', '/full/.', '/new'],
  ['rename: to ..', (fs, d) => fs.rename(`${d}/file`, `${d}/full/..`), 'EBUSY', 'rename', '/file', '/full/..'],
  ['rename: file with a slash', (fs, d) => fs.rename(`${d}/file/`, `${d}/new`), 'ENOTDIR', 'rename', '/file/', '/new'],
  [
    'rename: file to a name with a slash',
    (fs, d) => fs.rename(`${d}/file`, `${d}/new/`),
    'ENOTDIR',
    'rename',
    '/file',
    '/new/',
  ],
  ['copyFile: missing', (fs, d) => fs.copyFile(`${d}/none`, `${d}/new`), 'ENOENT', 'copyfile', '/none', '/new'],
  [
    'copyFile: into a missing directory',
    (fs, d) => fs.copyFile(`${d}/file`, `${d}/none/x`),
    'ENOENT',
    'copyfile',
    '/file',
    '/none/x',
  ],
  [
    'copyFile: exclusive',
    (fs, d) => fs.copyFile(`${d}/file`, `${d}/other`, constants.COPYFILE_EXCL),
    'EEXIST',
    'copyfile',
    '/file',
    '/other',
  ],
  ['copyFile: directory', (fs, d) => fs.copyFile(`${d}/full`, `${d}/new`), 'EISDIR', 'copyfile', '/full', '/new'],
  [
    'copyFile: over a directory',
    (fs, d) => fs.copyFile(`${d}/file`, `${d}/full`),
    'EISDIR',
    'copyfile',
    '/file',
    '/full',
  ],
  ['chmod: missing', (fs, d) => fs.chmod(`${d}/none`, 0o600), 'ENOENT', 'chmod', '/none'],
  ['chown: missing', (fs, d) => fs.chown(`${d}/none`, -1, -1), 'ENOENT', 'chown', '/none'],
  ['lchown: missing', (fs, d) => fs.lchown(`${d}/none`, -1, -1), 'ENOENT', 'lchown', '/none'],
  ['utimes: missing', (fs, d) => fs.utimes(`${d}/none`, 1, 1), 'ENOENT', 'utime', '/none'],
  ['lutimes: missing', (fs, d) => fs.lutimes(`${d}/none`, 1, 1), 'ENOENT', 'lutime', '/none'],
  ['realpath: missing', (fs, d) => fs.realpath(`${d}/none`), 'ENOENT', 'realpath', '/none'],
  ['readlink: missing', (fs, d) => fs.readlink(`${d}/none`), 'ENOENT', 'readlink', '/none'],
  ['readlink: no link', (fs, d) => fs.readlink(`${d}/file`), 'EINVAL', 'readlink', '/file'],
  ['link: missing', (fs, d) => fs.link(`${d}/none`, `${d}/new`), 'ENOENT', 'link', '/none', '/new'],
  ['link: exists', (fs, d) => fs.link(`${d}/file`, `${d}/other`), 'EEXIST', 'link', '/file', '/other'],
  ['symlink: exists', (fs, d) => fs.symlink(`${d}/file`, `${d}/other`), 'EEXIST', 'symlink', '/file', '/other'],
  ['statfs: missing', (fs, d) => fs.statfs(`${d}/none`), 'ENOENT', 'statfs', '/none'],
  ['watch: missing', async (fs, d) => fs.watch(`${d}/none`)[Symbol.asyncIterator]().next(), 'ENOENT', 'watch', '/none'],
];

/** The errors of every call that takes a path: code, number, name of the call, paths, message. */
export function describePathErrors(source: SubjectSource): void {
  describe('errors of paths', () => {
    let fs: SeamountFs;
    let dir: string;

    beforeAll(async () => {
      ({ fs, dir } = await freshDirectory(source));
      await fs.promises.writeFile(`${dir}/file`, 'content');
      await fs.promises.writeFile(`${dir}/other`, 'other');
      await fs.promises.mkdir(`${dir}/full/inner`, { recursive: true });
      await fs.promises.mkdir(`${dir}/empty`);
    });

    for (const [title, call, code, syscall, path, dest] of cases) {
      test(title, async () => {
        const before = await fs.promises.readdir(dir, { recursive: true });
        const at = (name: string | undefined): string | undefined => (name === undefined ? undefined : dir + name);
        expect(await failureOf(() => call(fs.promises, dir))).toEqual(systemFailure(code, syscall, at(path), at(dest)));
        expect(await fs.promises.readdir(dir, { recursive: true })).toEqual(before);
      });
    }

    test('an empty path is missing', async () => {
      expect(await failureOf(() => fs.promises.stat(''))).toEqual(systemFailure('ENOENT', 'stat', ''));
      expect(await failureOf(() => fs.promises.mkdir(''))).toEqual(systemFailure('ENOENT', 'mkdir', ''));
      expect(await failureOf(() => fs.promises.open('', 'w'))).toEqual(systemFailure('ENOENT', 'open', ''));
    });

    test('a path longer than a path may be', async () => {
      const long = `${dir}/${'n/'.repeat(2048)}`;
      expect(await failureOf(() => fs.promises.stat(long))).toEqual(systemFailure('ENAMETOOLONG', 'stat', long));
    });

    test('mkdtemp names the directory it tried to make', async () => {
      const { message, path, code } = await failureOf(() => fs.promises.mkdtemp(`${dir}/none/t-`));
      expect(code).toBe('ENOENT');
      expect(path).toMatch(/\/none\/t-[A-Za-z0-9]{6}$/);
      expect(message).toBe(`ENOENT: no such file or directory, mkdtemp '${String(path)}'`);
    });
  });
}
