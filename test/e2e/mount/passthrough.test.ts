import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Volume } from '../../../src/volume/index.ts';
import { type MountedSpace, mountSpace } from './mounted.ts';

const MIB = 2 ** 20;

let space: MountedSpace;
beforeAll(async () => {
  space = await mountSpace();
});
afterAll(() => space.close());

const lent = (): number => space.mount.stats().lentFiles;
const reads = (): number => space.mount.stats().requests.READ ?? 0;

/** A file of many equal letters that is on the server and wholly in the cache. */
async function cached(name: string, letter = 'a', bytes = MIB): Promise<void> {
  await space.python(`open('${name}', 'wb').write(b'${letter}' * ${bytes})`);
  await space.volume.sync();
}

async function contentThere(volume: Volume, name: string): Promise<string> {
  const node = await volume.lookup(volume.root, name);
  const file = await volume.open(node, { read: true, write: false });
  const bytes = Buffer.from(await volume.read(file, 0, volume.getattr(node).size));
  volume.release(file);
  return bytes
    .toString('latin1')
    .replace(/(.)\1*/gs, (run, letter: string) => `${letter}${run.length} `)
    .trim();
}

/** Waits until a program in the mount makes a file. */
async function appears(name: string): Promise<void> {
  const isThere = async (): Promise<boolean> => {
    const found = await space.volume.readdir(space.volume.root);
    return found.some((item) => item.name === name);
  };
  await expect.poll(isThere, { timeout: 30_000 }).toBe(true);
}

/** Makes a file that a program in the mount waits for. */
async function make(name: string): Promise<void> {
  const { volume, mount } = space;
  volume.release(await volume.create(volume.root, name, 0o644, { read: false, write: true, exclusive: true }));
  await mount.settled();
}

/** What other machines see once all was sent. */
async function elsewhere(name: string): Promise<string> {
  await space.volume.sync();
  const other = await space.elsewhere();
  return contentThere(other, name);
}

/** Python that shows a string of runs of letters as `letter` and count. */
const PRELUDE = `
import fcntl, itertools, mmap, os
def runs(data): return ' '.join(f'{chr(k)}{len(list(g))}' for k, g in itertools.groupby(data))
def whole(fd): return runs(os.pread(fd, 1 << 24, 0))
def pause(told, wanted):
    open(told, 'w').close()
    while not os.path.exists(wanted): pass
def opened(name, flags=os.O_RDONLY): return os.open(name, flags)
`;
const run = (program: string): Promise<string> => space.python(PRELUDE + program);

describe.runIf(process.geteuid?.() === 0)('a file that the kernel reads by itself', () => {
  it('is one that is wholly on this machine: not one READ comes', async () => {
    await cached('read');
    const before = reads();
    const shown = await run(`
fd = opened('read', os.O_RDONLY | os.O_DIRECT)
page = mmap.mmap(-1, 1 << 20)
print(os.preadv(fd, [page], 0), runs(page[:]), whole(opened('read')))
`);
    expect(shown).toBe(`${MIB} a${MIB} a${MIB}`);
    expect(reads()).toBe(before);
    expect(lent()).toBe(0);
  });

  it('shows what is written meanwhile, at places, at the end and by cuts', async () => {
    await cached('written');
    const shown = await run(`
r = opened('written')
print(whole(r))
w = opened('written', os.O_RDWR)
os.pwrite(w, b'b' * 10, 5)
print(whole(r), '|', whole(w))
a = opened('written', os.O_WRONLY | os.O_APPEND)
os.write(a, b'c' * 3)
os.write(a, b'd' * 2)
print(whole(r), '|', whole(w))
os.ftruncate(w, 20)
print(whole(r), '|', whole(w), os.fstat(r).st_size)
os.truncate('written', 22)
print(whole(r), os.fstat(r).st_size)
t = opened('written', os.O_WRONLY | os.O_TRUNC)
print(whole(r), '|', os.fstat(r).st_size)
os.write(t, b'e' * 4)
print(whole(r), '|', whole(opened('written')))
`);
    expect(shown.split('\n')).toEqual([
      `a${MIB}`,
      `a5 b10 a${MIB - 15} | a5 b10 a${MIB - 15}`,
      `a5 b10 a${MIB - 15} c3 d2 | a5 b10 a${MIB - 15} c3 d2`,
      'a5 b10 a5 | a5 b10 a5 20',
      'a5 b10 a5 \x002 22',
      ' | 0',
      'e4 | e4',
    ]);
    expect(await elsewhere('written')).toBe('e4');
    expect(lent()).toBe(0);
  });

  it('keeps what was written for those who open it later', async () => {
    await cached('later');
    await run(`
r = opened('later')
w = opened('later', os.O_WRONLY)
os.pwrite(w, b'b' * 10, 0)
`);
    expect(await run(`print(whole(opened('later')))`)).toBe(`b10 a${MIB - 10}`);
    expect(await elsewhere('later')).toBe(`b10 a${MIB - 10}`);
    expect(await run(`print(whole(opened('later')))`)).toBe(`b10 a${MIB - 10}`);
  });

  it('may be opened in any order, for reading and writing, and closed in any', async () => {
    await cached('orders');
    const shown = await run(`
import random
random.seed(7)
names = {os.O_RDONLY: 'r', os.O_WRONLY: 'w', os.O_RDWR: '+', os.O_WRONLY | os.O_APPEND: 'a', os.O_RDONLY | os.O_DIRECT: 'd'}
model = bytearray(b'a' * ${MIB})
for round in range(40):
    fds = []
    for step in range(12):
        if fds and random.random() < 0.35:
            os.close(fds.pop(random.randrange(len(fds)))[0])
            continue
        flags = random.choice(list(names))
        fd = opened('orders', flags)
        fds.append((fd, names[flags]))
        kind = names[flags]
        if kind == 'w' or kind == '+':
            at = random.randrange(${MIB})
            os.pwrite(fd, b'%c' % (98 + round % 20) * 100, at)
            model[at:at + 100] = b'%c' % (98 + round % 20) * 100
        elif kind == 'a':
            os.write(fd, b'z' * 10)
            model += b'z' * 10
        for other, how in fds:
            if how in 'r+': assert os.pread(other, 1 << 24, 0) == bytes(model), (round, step, how)
    for fd, how in fds: os.close(fd)
assert open('orders', 'rb').read() == bytes(model)
print('same')
`);
    expect(shown).toBe('same');
    const local = await contentThere(space.volume, 'orders');
    expect(await elsewhere('orders')).toBe(local);
  });

  it('shows and sends what is stored through shared mappings, also after all was closed', async () => {
    await cached('mapped');
    const shown = await run(`
r = opened('mapped')
w = opened('mapped', os.O_RDWR)
m = mmap.mmap(w, 0)
m[0:3] = b'bbb'
print(whole(r), '|', whole(w))
m.flush()
os.fsync(w)
m[10:13] = b'ccc'
os.close(w)
print(whole(r))
m[20:23] = b'ddd'
m.close()
os.close(r)
`);
    const all = `b3 a7 c3 a7 d3 a${MIB - 23}`;
    expect(shown.split('\n')).toEqual([`b3 a${MIB - 3} | b3 a${MIB - 3}`, `b3 a7 c3 a${MIB - 13}`]);
    expect(await run(`print(whole(opened('mapped')))`)).toBe(all);
    expect(await elsewhere('mapped')).toBe(all);
  });

  it('keeps its version when others change it, and the name shows theirs', async () => {
    await cached('changed');
    const other = await space.elsewhere();
    const reader = run(`
r = opened('changed')
pause('changed-1', 'changed-2')
print(whole(r), '|', whole(opened('changed')))
`);
    await appears('changed-1');
    expect(lent()).toBe(1);
    const file = await other.open(await other.lookup(other.root, 'changed'), { read: false, write: true });
    await other.write(file, 0, Buffer.from('tttttt'));
    other.release(file);
    await other.sync();
    await space.refresh();
    await make('changed-2');
    expect(await reader).toBe(`a${MIB} | t6 a${MIB - 6}`);
  });

  it('can be unlinked and replaced while it is open', async () => {
    await cached('unlinked');
    await cached('replaced');
    const shown = await run(`
r, s = opened('unlinked'), opened('replaced')
os.unlink('unlinked')
open('new', 'w').write('n')
os.rename('new', 'replaced')
w = opened('/proc/self/fd/%d' % r, os.O_RDWR)
os.pwrite(w, b'b' * 4, 0)
print(whole(r), '|', whole(s), '|', whole(opened('replaced')))
`);
    expect(shown).toBe(`b4 a${MIB - 4} | a${MIB} | n1`);
    expect(lent()).toBe(0);
  });

  it('is sent while it is open, and sent again when it was written again', async () => {
    await cached('sent');
    const writer = run(`
r = opened('sent')
w = opened('sent', os.O_RDWR)
os.pwrite(w, b'b' * 4, 0)
os.fsync(w)
pause('sent-1', 'sent-2')
os.pwrite(w, b'c' * 2, 2)
print(whole(r), '|', whole(w))
`);
    await appears('sent-1');
    expect(lent()).toBe(1);
    expect(await elsewhere('sent')).toBe(`b4 a${MIB - 4}`);
    await make('sent-2');
    expect(await writer).toBe(`b2 c2 a${MIB - 4} | b2 c2 a${MIB - 4}`);
    expect(await elsewhere('sent')).toBe(`b2 c2 a${MIB - 4}`);
  });

  it('stays as it was opened while one who has it cached has it open', async () => {
    await run(`open('mixed', 'wb').write(b'a' * ${MIB})`);
    const program = run(`
w = opened('mixed', os.O_RDWR)
r = opened('mixed')
print(whole(r))
pause('mixed-1', 'mixed-2')
q = opened('mixed')
print(whole(q))
os.close(q)
os.close(w)
s = opened('mixed')
os.close(r)
print(whole(s))
os.close(s)
last = opened('mixed')
pause('mixed-3', 'mixed-4')
print(whole(last))
`);
    await appears('mixed-1');
    expect(lent()).toBe(0);
    await space.volume.sync();
    await make('mixed-2');
    await appears('mixed-3');
    expect(lent()).toBe(1);
    await make('mixed-4');
    expect(await program).toBe(`a${MIB}\na${MIB}\na${MIB}\na${MIB}`);
  });

  it('leaves another file with the same content alone', async () => {
    await cached('twin');
    await space.sh('cp twin other');
    await space.volume.sync();
    const shown = await run(`
r, o = opened('twin'), opened('other')
w = opened('twin', os.O_WRONLY)
os.pwrite(w, b'b' * 4, 0)
v = opened('other', os.O_WRONLY)
os.pwrite(v, b'c' * 5, 0)
print(whole(r), '|', whole(o))
`);
    expect(shown).toBe(`b4 a${MIB - 4} | c5 a${MIB - 5}`);
  });

  it('shows what is written through another door', async () => {
    await cached('doors');
    const reader = run(`
r = opened('doors')
print(whole(r))
pause('doors-1', 'doors-2')
print(whole(r))
`);
    await appears('doors-1');
    expect(lent()).toBe(1);
    const node = await space.volume.lookup(space.volume.root, 'doors');
    const file = await space.volume.open(node, { read: true, write: true });
    await space.volume.write(file, 3, Buffer.from('bbb'));
    expect(await contentThere(space.volume, 'doors')).toBe(`a3 b3 a${MIB - 6}`);
    space.volume.release(file);
    await make('doors-2');
    expect(await reader).toBe(`a${MIB}\na3 b3 a${MIB - 6}`);
  });

  it('is asked for as ever where the mount is told so', async () => {
    const other = await mountSpace({ passthrough: false });
    try {
      await other.python(`open('plain', 'wb').write(b'a' * ${MIB})`);
      await other.volume.sync();
      const program = `${PRELUDE}
fd = opened('plain', os.O_RDONLY | os.O_DIRECT)
page = mmap.mmap(-1, 4096)
print(os.preadv(fd, [page], 0))`;
      expect(await other.python(program)).toBe('4096');
      expect(other.mount.stats().requests.READ).toBe(1);
    } finally {
      await other.close();
    }
  });

  it('leaves nothing behind: no file lent, none out of its place', async () => {
    expect(lent()).toBe(0);
    expect(space.mount.stats().openFiles).toBe(0);
    const staged = await readdir(join(space.directory, '..', 'space', 'staged'));
    expect(staged.filter((name) => name.startsWith('lent-'))).toEqual([]);
  });
});
