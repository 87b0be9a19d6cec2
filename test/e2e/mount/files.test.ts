import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MountedSpace, mountSpace } from './mounted.ts';

let space: MountedSpace;
beforeAll(async () => {
  space = await mountSpace();
});
afterAll(() => space.close());

describe('files in a mount', () => {
  it('are made, appended to and read', async () => {
    expect(await space.sh('echo one > f; echo two >> f; cat f; wc -c < f')).toBe('one\ntwo\n8');
  });

  it('are read and written at any place', async () => {
    const program = `
import os
f = open('places', 'wb+', buffering=0)
f.write(b'a' * 100000)
f.seek(50000); f.write(b'XX')
f.seek(200000); f.write(b'end')
data = open('places', 'rb').read()
print(len(data), data[49999:50003], data[100000:100002], data[-3:])`;
    expect(await space.python(program)).toBe("200003 b'aXXa' b'\\x00\\x00' b'end'");
  });

  it('keep what lies beyond 4 GiB', async () => {
    const program = `
f = open('sparse', 'wb+', buffering=0)
f.seek(5 * 2**30); f.write(b'far')
f.seek(5 * 2**30 - 2); print(f.read(10))`;
    expect(await space.python(program)).toBe("b'\\x00\\x00far'");
    await space.sh('rm sparse');
  });

  it('are replaced by rename in one step; who has the old one open keeps it', async () => {
    const program = `
import os
open('saved', 'w').write('old')
old = open('saved')
open('saved.tmp', 'w').write('new')
os.rename('saved.tmp', 'saved')
print(open('saved').read(), old.read(), os.path.exists('saved.tmp'), os.fstat(old.fileno()).st_nlink)`;
    expect(await space.python(program)).toBe('new old False 0');
  });

  it('can be read and written after they are unlinked', async () => {
    const program = `
import os
f = open('gone', 'w+'); f.write('still here'); f.flush()
os.unlink('gone')
f.write(' and more'); f.flush(); f.seek(0)
print(f.read(), os.path.exists('gone'), os.listdir('.').count('gone'))`;
    expect(await space.python(program)).toBe('still here and more False 0');
    expect(await space.sh('ls -A | grep fuse_hidden || true')).toBe('');
  });

  it('are cut and extended by path and by descriptor', async () => {
    const program = `
import os
open('cut', 'w').write('0123456789')
os.truncate('cut', 4); print(open('cut').read())
f = open('cut', 'r+'); f.truncate(2); print(os.fstat(f.fileno()).st_size)
f.truncate(6); print(repr(open('cut').read()))
open('cut', 'w'); print(os.stat('cut').st_size)`;
    expect(await space.python(program)).toBe("0123\n2\n'01\\x00\\x00\\x00\\x00'\n0");
  });

  it('are appended to by several processes without loss', async () => {
    const script = `
      for p in 1 2 3 4; do
        (for i in $(seq 100); do echo "$p $i" >> log; done) &
      done
      wait
      sort -u log | wc -l; wc -l < log`;
    expect(await space.sh(script)).toBe('400\n400');
  });

  it('are appended to as fcntl last said', async () => {
    const program = `
import fcntl, os
fd = os.open('mode', os.O_RDWR | os.O_CREAT)
os.write(fd, b'0123456789')
fcntl.fcntl(fd, fcntl.F_SETFL, os.O_APPEND)
os.lseek(fd, 0, 0); os.write(fd, b'end')
fcntl.fcntl(fd, fcntl.F_SETFL, 0)
os.lseek(fd, 0, 0); os.write(fd, b'AB')
print(open('mode').read())`;
    expect(await space.python(program)).toBe('AB23456789end');
  });

  it('can be mapped: to read, and to write shared', async () => {
    const program = `
import mmap, os
open('mapped', 'wb').write(b'x' * 1000000)
f = open('mapped', 'r+b')
m = mmap.mmap(f.fileno(), 0)
print(m[999999:1000000], m[0:1])
m[500000:500005] = b'hello'
m.flush()
print(os.pread(f.fileno(), 7, 499999))
a = os.open('mapped', os.O_RDWR | os.O_APPEND)
n = mmap.mmap(a, 0)
n[0:5] = b'start'
n.close(); m.close(); os.close(a); f.close()
data = open('mapped', 'rb').read()
print(len(data), data[:6], data[499999:500006])`;
    expect(await space.python(program)).toBe("b'x' b'x'\nb'xhellox'\n1000000 b'startx' b'xhellox'");
  });

  it('are read past the page cache', async () => {
    await space.sh('head -c 3000000 /dev/urandom > direct');
    const direct = await space.sh('dd if=direct bs=4096 iflag=direct status=none | sha1sum');
    expect(direct).toBe(await space.sh('sha1sum < direct'));
  });

  it('are copied and compared by tools', async () => {
    await space.sh('head -c 5000000 /dev/urandom > one; cp one two; cmp one two; rm one two');
  });
});

describe('what the kernel keeps', () => {
  it('is not asked for again: attributes, missing names and content', async () => {
    await space.sh(
      'head -c 3000000 /dev/zero > warm; cat warm > /dev/null; stat warm > /dev/null; ! stat nowhere 2> /dev/null',
    );
    const { requests: before } = space.mount.stats();
    await space.sh('cat warm > /dev/null; stat warm > /dev/null; ! stat nowhere 2> /dev/null');
    const { requests: later } = space.mount.stats();
    for (const operation of ['READ', 'GETATTR', 'LOOKUP']) expect(later[operation]).toBe(before[operation]);
  });

  it('comes in large pieces', async () => {
    await space.sh('head -c 33554432 /dev/zero > large');
    const before = space.mount.stats().requests;
    await space.sh(
      'dd if=large of=/dev/null bs=1M iflag=direct status=none; dd if=/dev/zero of=large bs=1M count=32 status=none',
    );
    const later = space.mount.stats().requests;
    expect((later.READ ?? 0) - (before.READ ?? 0)).toBeLessThanOrEqual(33);
    expect((later.WRITE ?? 0) - (before.WRITE ?? 0)).toBeLessThanOrEqual(33);
  });
});
