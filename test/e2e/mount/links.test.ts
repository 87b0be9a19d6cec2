import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFsFromVolume } from '../../../src/fs/index.ts';
import { type MountedSpace, mountSpace } from './mounted.ts';

let space: MountedSpace;
beforeAll(async () => {
  space = await mountSpace();
});
afterAll(() => space.close());

describe('symbolic links in a mount', () => {
  it('are made, read, followed and removed by the system calls', async () => {
    const program = `
import os, stat
os.makedirs('s/folder')
open('s/folder/f', 'w').write('content')
os.symlink('folder/f', 's/link')
os.symlink('folder', 's/to-folder')
st = os.lstat('s/link')
print(stat.S_ISLNK(st.st_mode), oct(st.st_mode & 0o777), st.st_size, os.readlink('s/link'))
print(open('s/link').read(), os.listdir('s/to-folder'), os.stat('s/link').st_ino == os.stat('s/folder/f').st_ino)
print(sorted((e.name, e.is_symlink(), e.is_dir(follow_symlinks=False)) for e in os.scandir('s')))
os.utime('s/link', ns=(1_000_000_001, 2_000_000_003), follow_symlinks=False)
print(os.lstat('s/link').st_mtime_ns, os.stat('s/link').st_mtime_ns != 2_000_000_003)
os.rename('s/link', 's/renamed')
os.unlink('s/renamed')
print(sorted(os.listdir('s')), os.path.exists('s/folder/f'))`;
    expect((await space.python(program)).split('\n')).toEqual([
      'True 0o777 8 folder/f',
      "content ['f'] True",
      "[('folder', False, True), ('link', True, False), ('to-folder', True, False)]",
      '2000000003 True',
      "['folder', 'to-folder'] True",
    ]);
  });

  it('give the errors that tools expect', async () => {
    const program = `
import os, errno
os.mkdir('e'); os.chdir('e')
open('file', 'w').close()
os.symlink('b', 'a'); os.symlink('a', 'b'); os.symlink('missing', 'broken')
def outcome(call):
    try: return str(call())
    except OSError as e: return errno.errorcode[e.errno]
print(*[outcome(call) for call in [
    lambda: os.stat('a'),
    lambda: os.stat('broken'),
    lambda: os.open('a', os.O_RDONLY | os.O_NOFOLLOW),
    lambda: os.open('broken', os.O_CREAT | os.O_EXCL),
    lambda: os.symlink('x', 'file'),
    lambda: os.symlink('', 'empty'),
    lambda: os.readlink('file'),
    lambda: os.symlink('x' * 4096, 'long'),
    lambda: os.rmdir('a'),
    lambda: os.stat('file/'),
]])
open('broken', 'w').write('made')
print(open('missing').read())`;
    expect(await space.python(program)).toBe(
      'ELOOP ENOENT ELOOP EEXIST EEXIST ENOENT EINVAL ENAMETOOLONG ENOTDIR ENOTDIR\nmade',
    );
  });

  it('that lead out are not followed when others made them', async () => {
    const theirs = await space.elsewhere();
    const files = createFsFromVolume(theirs).promises;
    await files.mkdir('/planted');
    await files.symlink('/etc/passwd', '/planted/absolute');
    await files.symlink('../../etc/passwd', '/planted/climbing');
    await files.symlink('../inside', '/planted/inside');
    await theirs.sync();
    await space.refresh();
    const program = `
import os, stat
for name in ['absolute', 'climbing', 'inside']:
    st = os.lstat('planted/' + name)
    print(name, stat.S_ISREG(st.st_mode), st.st_size, open('planted/' + name).read(4) if stat.S_ISREG(st.st_mode) else os.readlink('planted/' + name))`;
    expect((await space.python(program)).split('\n')).toEqual([
      'absolute True 1067 XSym',
      'climbing True 1067 XSym',
      'inside False 9 ../inside',
    ]);
    await space.sh('ln -s /etc/hostname own; readlink own; test "$(cat own)" = "$(cat /etc/hostname)"');
  });

  it('survive tar and cp -a', async () => {
    const script = `
mkdir t; cd t; mkdir from; echo x > from/f; ln -s f from/s; ln -s /abs/olute from/out; ln -s ../from from/up
tar cf a.tar from; mkdir to; tar xf a.tar -C to; cp -a from copy
readlink to/from/s to/from/out to/from/up copy/s copy/out copy/up`;
    expect((await space.sh(script)).split('\n')).toEqual(['f', '/abs/olute', '../from', 'f', '/abs/olute', '../from']);
  });
});

describe('hard links in a mount', () => {
  it('are names of one file', async () => {
    const program = `
import os
os.mkdir('h'); os.chdir('h'); os.mkdir('sub')
open('a', 'w').write('one')
os.link('a', 'sub/b')
st = os.stat('a')
print(st.st_nlink, os.stat('sub/b').st_nlink, os.path.samefile('a', 'sub/b'))
with open('sub/b', 'a') as f: f.write(' two')
print(open('a').read(), os.stat('a').st_size)
os.rename('a', 'sub/b')
print(os.path.exists('a'))
fd = os.open('a', os.O_RDONLY)
os.unlink('a')
print(os.stat('sub/b').st_nlink, os.fstat(fd).st_nlink, os.read(fd, 100))
os.unlink('sub/b')
print(os.fstat(fd).st_nlink)`;
    expect((await space.python(program)).split('\n')).toEqual(['2 2 True', 'one two 7', 'True', "1 1 b'one two'", '0']);
  });

  it('are kept by tar, cp -a and rsync -aH', async () => {
    const script = `
mkdir hl; cd hl; mkdir from; echo x > from/a; ln from/a from/b; ln from/a from/c
tar cf a.tar from; mkdir to; tar xf a.tar -C to; cp -a from copy
stat -c %h to/from/b copy/c; test to/from/a -ef to/from/c`;
    expect(await space.sh(script)).toBe('3\n3');
  });
});

describe('renameat2 in a mount', () => {
  it('exchanges two names', async () => {
    const program = `
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def exchange(a, b): return libc.renameat2(-100, a, -100, b, 2)
os.mkdir('x'); os.chdir('x')
os.mkdir('folder'); open('folder/inside', 'w').close(); open('file', 'w').write('f')
numbers = os.stat('file').st_ino, os.stat('folder').st_ino
print(exchange(b'file', b'folder'), os.listdir('file'), open('folder').read())
print((os.stat('folder').st_ino, os.stat('file').st_ino) == numbers)
print(exchange(b'file', b'missing'), ctypes.get_errno(), exchange(b'file', b'file/inside'), ctypes.get_errno())`;
    expect((await space.python(program)).split('\n')).toEqual(["0 ['inside'] f", 'True', '-1 2 -1 22']);
  });
});
