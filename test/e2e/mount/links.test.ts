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
