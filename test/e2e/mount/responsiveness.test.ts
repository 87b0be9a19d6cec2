import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Volume } from '../../../src/volume/index.ts';
import { inside, type MountedSpace, mountSpace, replacing } from './mounted.ts';

let space: MountedSpace;
afterEach(() => space.close());

/** Files that the server does not answer for: reads of them end by their signal alone. */
function stalled(volume: Volume): Volume {
  const read: Volume['read'] = (_file, _offset, _length, signal) =>
    new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  return replacing(volume, { read, locate: () => null });
}

async function mountStalled(): Promise<void> {
  space = await mountSpace({ wrap: stalled });
}

describe('a mount', () => {
  it('answers 64 calls at once from the process that serves it', async () => {
    space = await mountSpace();
    const numbers = Array.from({ length: 64 }, (_, number) => number);
    await Promise.all(numbers.map((number) => writeFile(space.path(`f${number}`), `text ${number}`)));
    const texts = await Promise.all(numbers.map((number) => readFile(space.path(`f${number}`), 'utf8')));
    expect(texts).toEqual(numbers.map((number) => `text ${number}`));
    const sizes = await Promise.all(numbers.map((number) => stat(space.path(`f${number}`))));
    expect(sizes.every(({ size }) => size >= 6)).toBe(true);
  });

  it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
    'lets go within half a second of a reader that waits for ever when it gets %s',
    async (signal) => {
      await mountStalled();
      await space.sh('echo text > file');
      const reader = start('dd', ['if=file', 'iflag=direct', 'bs=4096', 'status=none']);
      await waitForPending();
      const asked = performance.now();
      reader.kill(signal);
      const [code, by] = await once(reader, 'exit');
      expect(performance.now() - asked).toBeLessThan(500);
      expect(by ?? code).toBe(signal);
    },
  );

  it('lets go of a killed reader that had handled a signal before', async () => {
    await mountStalled();
    await space.sh('echo text > file');
    const program = `
import os, signal
signal.signal(signal.SIGUSR1, lambda *_: None)
os.preadv(os.open('file', os.O_RDONLY | os.O_DIRECT), [__import__('mmap').mmap(-1, 4096)], 0)`;
    const reader = start('python3', ['-c', program]);
    await waitForPending();
    reader.kill('SIGUSR1');
    // Its INTERRUPT is the one that the kernel sends for this request.
    await until(() => (space.mount.stats().requests.INTERRUPT ?? 0) > 0);
    expect(space.mount.stats().pending).toBe(1);
    reader.kill('SIGKILL');
    await once(reader, 'exit');
    await until(() => space.mount.stats().pending === 0);
  });

  it('breaks off a read when a program handles the request to stop', async () => {
    await mountStalled();
    await space.sh('echo text > file');
    const program = `
import os, mmap
try: os.preadv(os.open('file', os.O_RDONLY | os.O_DIRECT), [mmap.mmap(-1, 4096)], 0)
except KeyboardInterrupt: print('stopped')`;
    const reader = start('python3', ['-c', program]);
    const output: Buffer[] = [];
    reader.stdout.on('data', (data: Buffer) => output.push(data));
    await waitForPending();
    reader.kill('SIGINT');
    await once(reader, 'close');
    expect(Buffer.concat(output).toString()).toBe('stopped\n');
  });

  it('answers others while one waits, and can be told of changes where it waits', async () => {
    await mountStalled();
    await space.sh('echo text > file; mkdir folder');
    const reader = start('dd', ['if=file', 'iflag=direct', 'bs=4096', 'status=none']);
    await waitForPending();
    const node = await space.volume.lookup(space.volume.root, 'file');
    await space.volume.setattr(node, { size: 100 });
    await space.volume.rename(space.volume.root, 'file', space.volume.root, 'renamed');
    await space.mount.settled();
    expect(await space.sh('echo fine > other; ls; stat -c %s renamed')).toBe('folder\nother\nrenamed\n100');
    reader.kill('SIGKILL');
    await once(reader, 'exit');
  });

  it('does not break off a read for a signal that is handled on the side', async () => {
    let answer: (bytes: Uint8Array) => void = () => {};
    space = await mountSpace({
      wrap: (volume) =>
        replacing(volume, {
          locate: () => null,
          read: () =>
            new Promise<Uint8Array>((resolve) => {
              answer = resolve;
            }),
        }),
    });
    await space.sh('head -c 4096 /dev/zero > file');
    const program = `
import os, mmap, signal
signal.signal(signal.SIGALRM, lambda *_: None)
page = mmap.mmap(-1, 4096)
print(os.preadv(os.open('file', os.O_RDONLY | os.O_DIRECT), [page], 0), page[:4])`;
    const reader = start('python3', ['-c', program]);
    const output: Buffer[] = [];
    reader.stdout.on('data', (data: Buffer) => output.push(data));
    await waitForPending();
    reader.kill('SIGALRM');
    await until(() => (space.mount.stats().requests.INTERRUPT ?? 0) > 0);
    answer(Buffer.from('late'.padEnd(4096)));
    await once(reader, 'close');
    expect(Buffer.concat(output).toString()).toBe("4096 b'late'\n");
  });
});

function start(program: string, args: readonly string[]) {
  return spawn(...inside(space.directory, program, args), { stdio: ['ignore', 'pipe', 'ignore'] });
}

function waitForPending(): Promise<void> {
  return until(() => space.mount.stats().pending > 0);
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
