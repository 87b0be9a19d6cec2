import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createFsFromVolume, Volume } from 'memfs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ControlClient, ControlFiles } from '../../../src/cli/control/client.ts';
import { pendingSchema } from '../../../src/cli/control/protocol.ts';
import { ControlServer, type ControlService } from '../../../src/cli/control/server.ts';
import { describeFailure } from '../../../src/cli/errors.ts';
import { EXIT } from '../../../src/cli/exit-codes.ts';
import { type FileOperations, VolumeFiles } from '../../../src/cli/files/volume-files.ts';

let directory: string;
let socket: string;
let server: ControlServer;
let volume: Volume;
let syncs: AbortSignal[];
const clients: ControlClient[] = [];

beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'seamount-control-'));
  socket = path.join(directory, 'run', 'a.sock');
  volume = Volume.fromJSON({ '/a.txt': 'A', '/folder/b.txt': 'BB' });
  syncs = [];
  server = new ControlServer(service(), (text) => text.replaceAll('hunter2', '[secret]'));
  await server.listen(socket);
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server.close();
  rmSync(directory, { recursive: true });
});

function service(): ControlService {
  // memfs has more overloads than are used here.
  const operations = createFsFromVolume(volume).promises as unknown as FileOperations;
  return {
    files: new VolumeFiles(operations, {
      sync: async () => undefined,
      close: async () => undefined,
      sentBytes: () => 0,
    }),
    status: () => Promise.reject(new Error('the password is hunter2')),
    sync: (_timeout, signal) => {
      syncs.push(signal);
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('gave up')));
      });
    },
    unmount: async () => ({ pending: { changes: 0, bytes: 0 }, cache: '/c' }),
    share: async () => undefined,
    shares: async () => [],
    unshare: async () => true,
  };
}

async function open(): Promise<{ client: ControlClient; files: ControlFiles }> {
  const client = await ControlClient.open(socket);
  clients.push(client);
  return { client, files: new ControlFiles(client) };
}

async function* pieces(...sizes: number[]): AsyncGenerator<Uint8Array> {
  for (const size of sizes) yield Buffer.alloc(size, size % 251);
}

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

describe('the files of a mounted space through its socket', () => {
  test('are listed, read, written, moved and removed, over one connection', async () => {
    const { files } = await open();
    expect((await files.list('/', { recursive: true })).map(({ path }) => path)).toEqual([
      'a.txt',
      'folder',
      'folder/b.txt',
    ]);
    const { info, chunks } = await files.read('folder/b.txt');
    expect(info).toMatchObject({ kind: 'file', size: 2 });
    expect((await bytesOf(chunks)).toString()).toBe('BB');
    await files.write('/new.bin', pieces(1, 0, 70_000, 3), { mtimeMs: 1_600_000_000_000, permissions: 0o640 });
    expect(await files.stat('new.bin')).toMatchObject({ size: 70_004, mtimeMs: 1_600_000_000_000, permissions: 0o640 });
    await files.mkdir('x/y', { parents: true });
    await files.rename('new.bin', 'x/y/moved.bin');
    await files.remove('folder', { recursive: true, force: false });
    expect((await files.list('/', { recursive: true })).map(({ path }) => path)).toEqual([
      'a.txt',
      'x',
      'x/y',
      'x/y/moved.bin',
    ]);
  });

  test('pass whole when they are large, byte for byte', async () => {
    const { files } = await open();
    const sizes = [5_000_000, 1, 3_000_000, 2_500_000];
    await files.write('large', pieces(...sizes), {});
    const { chunks } = await files.read('large');
    expect((await bytesOf(chunks)).equals(await bytesOf(pieces(...sizes)))).toBe(true);
  });

  test('are unchanged when the sender fails in the middle', async () => {
    const { files } = await open();
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(100_000);
      throw new Error('the disk went away');
    }
    await expect(files.write('a.txt', failing(), {})).rejects.toThrow('the disk went away');
    // The other side learns of it by the end of the connection; a new request is served after that.
    const { files: again } = await open();
    await expect
      .poll(async () => (await again.list('/', { recursive: false })).map(({ path }) => path))
      .toEqual(['a.txt', 'folder']);
    expect((await bytesOf((await again.read('a.txt')).chunks)).toString()).toBe('A');
  });

  test('cannot be reached outside of the space', async () => {
    const { files } = await open();
    for (const bad of ['../etc/passwd', 'a/../../b', '/..', 'a//b']) {
      await expect(files.stat(bad)).rejects.toMatchObject({ exitCode: EXIT.usage });
      await expect(files.write(bad, pieces(10), {})).rejects.toMatchObject({ exitCode: EXIT.usage });
      await expect(files.read(bad)).rejects.toMatchObject({ exitCode: EXIT.usage });
      await expect(files.rename('a.txt', bad)).rejects.toMatchObject({ exitCode: EXIT.usage });
    }
    // A refused upload leaves the connection in step.
    expect(await files.stat('a.txt')).toMatchObject({ size: 1 });
  });
});

describe('the socket', () => {
  test('can be reached by its owner alone', () => {
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(socket)).mode & 0o777).toBe(0o700);
  });

  test('tells failures with their errno and exit code, without secrets', async () => {
    const { client, files } = await open();
    const missing = await files.stat('none').catch((error: unknown) => error);
    expect(missing).toMatchObject({ code: 'ENOENT', exitCode: EXIT.notFound });
    expect(describeFailure(missing).line).toBe('/none: it does not exist.');
    const secret = await client.ask({ op: 'status' }, pendingSchema).catch((error: unknown) => error);
    expect(describeFailure(secret).line).toContain('the password is [secret]');
  });

  test('answers what it does not know with a refusal', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const raw = connect(socket, () => raw.write('{"op":"format"}\n'));
      raw.once('data', (data) => {
        resolve(data.toString());
        raw.destroy();
      });
      raw.once('error', reject);
    });
    expect(JSON.parse(answer)).toEqual({
      error: { line: expect.stringContaining('remount it'), exitCode: EXIT.usage, code: null },
    });
  });

  test('drops a connection that does not speak its language, and serves the next', async () => {
    await new Promise<void>((resolve, reject) => {
      const raw = connect(socket, () => raw.write('GET / HTTP/1.1\r\n\r\n'));
      raw.once('close', () => resolve());
      raw.once('error', reject);
      raw.resume();
    });
    expect(await (await open()).files.stat('a.txt')).toMatchObject({ size: 1 });
  });

  test('lets go of what is waited for when the asking side has gone', async () => {
    const { client } = await open();
    const asked = client.ask({ op: 'sync' }, pendingSchema).catch(() => 'gone');
    await expect.poll(() => syncs.length).toBe(1);
    client.close();
    await expect.poll(() => syncs[0]?.aborted).toBe(true);
    await asked;
  });
});
