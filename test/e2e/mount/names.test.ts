import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MountedSpace, mountSpace } from './mounted.ts';

let space: MountedSpace;
beforeAll(async () => {
  space = await mountSpace();
});
afterAll(() => space.close());

/** Prints the name of the error that each line of python ends in, or what it gives. */
function outcomes(lines: readonly string[]): string {
  return `
import os, errno, socket, ctypes
def renameat2(old, new, flags):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(-100, old.encode(), -100, new.encode(), flags) != 0:
        raise OSError(ctypes.get_errno(), 'renameat2')
for line in ${JSON.stringify(lines)}:
    try: print(eval(line))
    except OSError as e: print(errno.errorcode[e.errno])
`;
}

describe('names in a mount', () => {
  it('appear and vanish', async () => {
    const script = 'mkdir -p a/b/c; touch a/b/c/f; mv a/b z; ls -R z; rm -r z/c; ls z; rmdir z a; ls -A';
    expect(await space.sh(script)).toBe('z:\nc\n\nz/c:\nf');
  });

  it('are listed completely, each once, while others come and go', async () => {
    await space.sh('mkdir many; cd many; seq 10000 | xargs touch');
    const program = `
import os
seen = []
with os.scandir('many') as entries:
    for n, entry in enumerate(entries):
        seen.append(entry.name)
        if n % 100 == 0: open('many/new%d' % n, 'w').close()
        if n % 2 == 0: os.unlink('many/' + entry.name)
old = [name for name in seen if not name.startswith('new')]
print(len(old), len(set(old)), len(os.listdir('many')))`;
    const [listed, distinct, left] = (await space.python(program)).split(' ').map(Number);
    expect([listed, distinct]).toEqual([10_000, 10_000]);
    expect(left).toBe((await readdir(space.path('many'))).length);
    expect(await space.sh('ls -U many | wc -l; rm -r many')).toBe(String(left));
  });

  it('go on in a listing where telldir said', async () => {
    const program = `
import ctypes, os
libc = ctypes.CDLL(None)
libc.opendir.restype = libc.readdir.restype = ctypes.c_void_p
libc.telldir.restype = ctypes.c_long
libc.telldir.argtypes = libc.readdir.argtypes = libc.rewinddir.argtypes = [ctypes.c_void_p]
libc.seekdir.argtypes = [ctypes.c_void_p, ctypes.c_long]
os.mkdir('places')
for i in range(500): open('places/%d' % i, 'w').close()
d = libc.opendir(b'places')
name = lambda: ctypes.string_at(libc.readdir(d) + 19)
for _ in range(100): name()
place = libc.telldir(d)
following = [name() for _ in range(50)]
libc.seekdir(d, place)
print([name() for _ in range(50)] == following)
libc.rewinddir(d)
print(name())`;
    expect(await space.python(program)).toBe("True\nb'.'");
  });

  it('tell their kind and their directory', async () => {
    await space.sh('mkdir kinds; touch kinds/file; mkdir kinds/folder');
    const entries = await readdir(space.path('kinds'), { withFileTypes: true });
    expect(entries.map((entry) => [entry.name, entry.isDirectory()]).sort()).toEqual([
      ['file', false],
      ['folder', true],
    ]);
    const inodes = 'print(os.stat("kinds/folder/..").st_ino == os.stat("kinds").st_ino)';
    expect(await space.python(`import os\n${inodes}`)).toBe('True');
  });

  it('may have 255 bytes of UTF-8 and not one more', async () => {
    const lines = [
      "os.mkdir('ä' * 127 + 'x')",
      "os.mkdir('ä' * 128)",
      "open('x' * 256, 'w')",
      "os.rename('ä' * 127 + 'x', 'y' * 256)",
    ];
    expect(await space.python(outcomes(lines))).toBe('None\nENAMETOOLONG\nENAMETOOLONG\nENAMETOOLONG');
  });

  it('must be UTF-8', async () => {
    const lines = ["os.mkdir(b'\\xff')", "os.stat(b'\\xed\\xa0\\x80')", "os.rename(b'.', b'\\xfe')"];
    expect(await space.python(outcomes(lines.slice(0, 2)))).toBe('EILSEQ\nEILSEQ');
  });

  it('are found in both normal forms, and in neither after they are gone', async () => {
    const nfc = 'f\u00fcr';
    const nfd = 'fu\u0308r';
    expect(
      await space.sh(`! stat ${nfd} 2> /dev/null; echo one > ${nfc}; cat ${nfd}; echo two > ${nfd}; cat ${nfc}`),
    ).toBe('one\ntwo');
    expect(
      await space.sh(
        `ls -A | grep -c '^f'; rm ${nfc}; ! cat ${nfd} 2> /dev/null; touch other; mv other ${nfd}; ls ${nfc}`,
      ),
    ).toBe(`1\n${nfc}`);
    expect(await space.sh(`rm ${nfc}; ! stat ${nfd} 2> /dev/null`)).toBe('');
  });

  it('give the errors that tools expect', async () => {
    await space.sh('mkdir errors; cd errors; mkdir full empty; touch full/f file');
    const lines = [
      "os.rmdir('full')",
      "os.rmdir('file')",
      "os.unlink('empty')",
      "os.mkdir('file')",
      "os.open('file', os.O_CREAT | os.O_EXCL)",
      "os.open('missing', os.O_RDONLY)",
      "os.open('file/below', os.O_RDONLY)",
      "os.open('full', os.O_WRONLY)",
      "os.rename('file', 'empty')",
      "os.rename('empty', 'file')",
      "os.rename('empty', 'full')",
      "os.rename('full', 'full/inside')",
      "os.rename('missing', 'new')",
      "os.rename('full', 'empty')",
      "os.listdir('empty')",
    ];
    const expected = [
      'ENOTEMPTY',
      'ENOTDIR',
      'EISDIR',
      'EEXIST',
      'EEXIST',
      'ENOENT',
      'ENOTDIR',
      'EISDIR',
      'EISDIR',
      'ENOTDIR',
      'ENOTEMPTY',
      'EINVAL',
      'ENOENT',
      'None',
      "['f']",
    ];
    expect((await space.python(`import os; os.chdir('errors')${outcomes(lines)}`)).split('\n')).toEqual(expected);
  });

  it('are not replaced by a rename that must not', async () => {
    await space.sh('echo a > here; echo b > there');
    const lines = ["renameat2('here', 'there', 1)", "renameat2('here', 'elsewhere', 1)", "renameat2('here', 'x', 4)"];
    expect((await space.python(outcomes(lines))).split('\n').slice(0, 2)).toEqual(['EEXIST', 'None']);
    expect(await space.sh('cat there elsewhere')).toBe('b\na');
  });

  it('cannot stand for what is not supported', async () => {
    await space.sh('touch target');
    const lines = [
      "os.setxattr('target', 'user.a', b'1')",
      "os.getxattr('target', 'user.a')",
      "os.listxattr('target')",
    ];
    expect(await space.python(outcomes(lines))).toBe('ENOTSUP\nENOTSUP\nENOTSUP');
  });
});
