import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { DriveError } from '../../../src/drive/errors.ts';
import { Caller, newPorts } from '../../../src/drive/thread/caller.ts';
import { decodeError, encodeError } from '../../../src/drive/thread/errors.ts';
import { SharedMemory } from '../../../src/drive/thread/memory.ts';
import { MountError } from '../../../src/mount/index.ts';
import { SeafileError } from '../../../src/seafile/index.ts';
import { VolumeError } from '../../../src/volume/index.ts';

describe('a caller of another thread', () => {
  const workers: Worker[] = [];
  afterEach(async () => {
    for (const worker of workers.splice(0)) await worker.terminate();
  });

  /** A thread that does what the source says with the ports. */
  function thread(source: string): Caller {
    const { near, far } = newPorts();
    const worker = new Worker(source, { eval: true, workerData: far, transferList: [far.calls, far.blocking] });
    workers.push(worker);
    return new Caller(near, null);
  }

  test('gets answers with a promise and by waiting', async () => {
    const caller = thread(`
      const { calls, blocking, memory } = require('node:worker_threads').workerData;
      calls.on('message', ({ id, method, args }) => calls.postMessage({ id, value: [method, ...args] }));
      blocking.on('message', ({ id, method, args }) => {
        blocking.postMessage({ id, value: [method, ...args] });
        const answers = new Int32Array(memory);
        Atomics.add(answers, 0, 1);
        Atomics.notify(answers, 0);
      });
    `);
    const promised = caller.call('promised', [1]);
    expect(caller.callAndWait('waited', [2])).toEqual(['waited', 2]);
    expect(await promised).toEqual(['promised', 1]);
  });

  test('that waits is told when the thread ends', async () => {
    const caller = thread(`
      const { blocking, memory } = require('node:worker_threads').workerData;
      process.on('exit', () => {
        const answers = new Int32Array(memory);
        Atomics.store(answers, 1, 1);
        Atomics.add(answers, 0, 1);
        Atomics.notify(answers, 0);
      });
      blocking.on('message', () => process.exit());
    `);
    const promised = caller.call('later', []);
    expect(() => caller.callAndWait('now', [])).toThrow(expect.objectContaining({ code: 'EIO' }));
    await expect(promised).rejects.toMatchObject({ code: 'EIO' });
    expect(() => caller.callAndWait('again', [])).toThrow(/the thread of the volume is gone/);
  });

  test('that waits notices a thread that was killed', () => {
    const memory = new SharedMemory();
    memory.wait(0, '/proc/self/task/0');
    expect(memory.ended).toBe(true);
  });
});

describe('an error from another thread', () => {
  const cause = new SeafileError('quota', 'full', { status: 443, request: 'PUT /x' });
  test.each([
    new VolumeError('EDQUOT', 'no room', { cause }),
    new MountError('busy', 'in use'),
    new DriveError('closed', 'closed'),
    new TypeError('wrong'),
    Object.assign(new Error('ENOENT: no such file'), { errno: -2, code: 'ENOENT', syscall: 'open', path: '/a' }),
    aborted(),
  ])('is what it was: %s', (error) => {
    const decoded = decodeError(structuredClone(encodeError(error)));
    expect(decoded).toEqual(error);
    expect(decoded.constructor).toBe(error.constructor);
    expect([decoded.name, decoded.message, { ...decoded }]).toEqual([error.name, error.message, { ...error }]);
    expect(decoded.cause).toEqual(error.cause);
  });

  test('has no circle of causes', () => {
    const error = new Error('one');
    error.cause = new Error('two', { cause: error });
    expect(() => structuredClone(encodeError(error))).not.toThrow();
  });

  test('that is no error is one here', () => {
    expect(decodeError(encodeError('text'))).toEqual(new Error('text'));
  });
});

/** As Node makes it: the name is no own field that is listed. */
function aborted(): Error {
  const error = Object.assign(new Error('stopped'), { code: 'ABORT_ERR' });
  return Object.defineProperty(error, 'name', { value: 'AbortError' });
}
