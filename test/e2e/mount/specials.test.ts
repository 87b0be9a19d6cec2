import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MountedSpace, mountSpace } from './mounted.ts';

let space: MountedSpace;
beforeAll(async () => {
  space = await mountSpace();
});
afterAll(() => space.close());

describe('special files in a mount', () => {
  it('fifos carry bytes between processes', async () => {
    expect(await space.sh('mkfifo fifo; (echo through the fifo > fifo &); cat fifo; stat -c "%F %h" fifo')).toBe(
      'through the fifo\nfifo 1',
    );
  });

  it('sockets are bound and connected to', async () => {
    const program = `
import os, socket, stat
server = socket.socket(socket.AF_UNIX); server.bind('socket'); server.listen()
client = socket.socket(socket.AF_UNIX); client.connect('socket')
conversation, _ = server.accept()
client.send(b'hello')
print(conversation.recv(5), stat.S_ISSOCK(os.stat('socket').st_mode), [e.name for e in os.scandir('.') if e.is_file()])
os.unlink('socket')
print(os.path.exists('socket'))`;
    expect(await space.python(program)).toBe("b'hello' True []\nFalse");
  });

  it('devices tell their numbers', async () => {
    const program = `
import os, stat
os.mknod('null', stat.S_IFCHR | 0o666, os.makedev(1, 3))
os.mknod('disk', stat.S_IFBLK | 0o600, os.makedev(259, 70000))
for name in ['null', 'disk']:
    st = os.stat(name)
    print(stat.filemode(st.st_mode), os.major(st.st_rdev), os.minor(st.st_rdev))`;
    expect(await space.python(program)).toBe('crw-r--r-- 1 3\nbrw------- 259 70000');
  });

  it('are renamed, linked, replaced and removed like other names', async () => {
    const program = `
import os
os.makedirs('n/sub'); os.chdir('n')
os.mkfifo('a')
os.link('a', 'sub/b')
print(os.stat('a').st_nlink, os.path.samefile('a', 'sub/b'))
os.rename('a', 'c'); os.chmod('c', 0o600)
print(sorted(os.listdir('.')), oct(os.stat('sub/b').st_mode))
open('file', 'w').write('x')
os.rename('file', 'c')
print(open('c').read(), os.stat('sub/b').st_nlink)
os.rename('sub/b', 'c')
print(os.listdir('sub'), oct(os.stat('c').st_mode))
os.mkfifo('sub/d')
try: os.rmdir('sub')
except OSError as e: print(e.errno)
os.unlink('sub/d'); os.rmdir('sub')`;
    expect((await space.python(program)).split('\n')).toEqual([
      '2 True',
      "['c', 'sub'] 0o10600",
      'x 1',
      '[] 0o10600',
      '39',
    ]);
  });

  it('are exchanged with files', async () => {
    const program = `
import ctypes, os, stat
os.mkdir('x'); os.chdir('x'); os.mkfifo('a'); open('b', 'w').write('b')
print(ctypes.CDLL(None).renameat2(-100, b'a', -100, b'b', 2), open('a').read(), stat.S_ISFIFO(os.stat('b').st_mode))`;
    expect(await space.python(program)).toBe('0 b True');
  });

  it('are not sent', async () => {
    await space.sh('mkdir unsent; mkfifo unsent/fifo; touch unsent/file');
    await space.volume.sync();
    expect(space.volume.status().pending).toEqual([]);
    const theirs = await space.elsewhere();
    const folder = await theirs.lookup(theirs.root, 'unsent');
    expect((await theirs.readdir(folder)).map(({ name }) => name)).toEqual(['file']);
    expect(await space.sh('ls unsent')).toBe('fifo\nfile');
  });
});

describe('files without a name', () => {
  it('are written, read, and given a name', async () => {
    const program = `
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
fd = os.open('.', os.O_TMPFILE | os.O_RDWR, 0o640)
os.write(fd, b'from nowhere')
print(os.fstat(fd).st_nlink, oct(os.fstat(fd).st_mode), 'named' in os.listdir('.'))
print(libc.linkat(-100, b'/proc/self/fd/%d' % fd, -100, b'named', 0x400))
print(open('named').read(), os.fstat(fd).st_nlink, os.stat('named').st_ino == os.fstat(fd).st_ino)
os.write(fd, b', and more'); os.close(fd)
print(open('named').read())
os.unlink('named')
gone = os.open('.', os.O_TMPFILE | os.O_WRONLY)
os.write(gone, b'x' * 1000); os.close(gone)`;
    expect((await space.python(program)).split('\n')).toEqual([
      '0 0o100640 False',
      '0',
      'from nowhere 1 True',
      'from nowhere, and more',
    ]);
  });

  it('that got a name reach the server', async () => {
    const program = `
import ctypes, os
fd = os.open('.', os.O_TMPFILE | os.O_WRONLY, 0o600)
os.write(fd, b'content')
ctypes.CDLL(None).linkat(-100, b'/proc/self/fd/%d' % fd, -100, b'kept', 0x400)`;
    await space.python(program);
    await space.volume.sync();
    const theirs = await space.elsewhere();
    const node = await theirs.lookup(theirs.root, 'kept');
    const file = await theirs.open(node, { read: true, write: false });
    expect(Buffer.from(await theirs.read(file, 0, 100)).toString()).toBe('content');
    theirs.release(file);
  });

  it('that were removed while open leave nothing behind', async () => {
    const program = `
import os
f = open('removed', 'w+'); f.write('x'); os.unlink('removed'); f.write('y'); f.seek(0)
print(f.read(), os.fstat(f.fileno()).st_nlink, [n for n in os.listdir('.') if n.startswith('.fuse')])`;
    expect(await space.python(program)).toBe('xy 0 []');
  });
});

describe('folders', () => {
  it('count a link for each folder in them', async () => {
    const program = `
import os
links = lambda: os.stat('count').st_nlink
os.mkdir('count'); a = links()
os.mkdir('count/x'); os.mkdir('count/y'); open('count/f', 'w').close(); b = links()
os.rmdir('count/x'); c = links()
os.rename('count/y', 'moved'); d = links()
print(a, b, c, d)`;
    expect(await space.python(program)).toBe('2 4 3 2');
  });

  it('are found by handles, and their parents too', async () => {
    const program = `
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
class Handle(ctypes.Structure): _fields_ = [('bytes', ctypes.c_uint), ('type', ctypes.c_int), ('data', ctypes.c_ubyte * 128)]
os.makedirs('by/handle')
handle, mount = Handle(128), ctypes.c_int()
print(libc.name_to_handle_at(-100, b'by/handle', ctypes.byref(handle), ctypes.byref(mount), 0))
root = os.open('.', os.O_RDONLY)
fd = libc.open_by_handle_at(root, ctypes.byref(handle), os.O_RDONLY)
print(fd >= 0 and os.fstat(fd).st_ino == os.stat('by/handle').st_ino)
print(os.stat('..', dir_fd=fd).st_ino == os.stat('by').st_ino)`;
    expect(await space.python(program)).toBe('0\nTrue\nTrue');
  });

  it('go down to paths of 4095 bytes, with names of 255', async () => {
    const program = `
import os
base = os.getcwd()
name = 'd' * 255
path = '/'.join([name] * 15)
os.makedirs(path)
last = path + '/' + 'f' * (4095 - len(path) - 1)
open(last, 'w').write('deep')
print(len(last), open(last).read())
try: open(last + 'f')
except OSError as e: print(e.errno)`;
    expect(await space.python(program)).toBe('4095 deep\n36');
  });
});
