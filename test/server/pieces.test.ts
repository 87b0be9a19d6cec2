import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { eachPiece } from '../../src/server/fileserver/pieces.ts';

it('hands pieces on in order and takes none while one is being worked on', async () => {
  const stream = new PassThrough();
  const taken: string[] = [];
  let busy = false;
  const reading = eachPiece(stream, (bytes) => {
    expect(busy).toBe(false);
    taken.push(bytes.toString());
    if (taken.length % 2 === 1) return undefined;
    busy = true;
    return new Promise((resolve) =>
      setImmediate(() => {
        busy = false;
        resolve();
      }),
    );
  });
  const sent = Array.from({ length: 20 }, (_, n) => `piece ${n};`);
  for (const piece of sent) {
    stream.write(piece);
    await new Promise(setImmediate);
  }
  stream.end();
  await reading;
  expect(taken.join('')).toBe(sent.join(''));
});

it('waits for work on the last piece', async () => {
  const stream = new PassThrough();
  let done = false;
  const reading = eachPiece(stream, async () => {
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    done = true;
  });
  stream.end('only');
  await reading;
  expect(done).toBe(true);
});

it('fails with what the work on a piece fails with, at once or later', async () => {
  const failure = new Error('the disk is full');
  const atOnce = new PassThrough();
  atOnce.end('x');
  await expect(
    eachPiece(atOnce, () => {
      throw failure;
    }),
  ).rejects.toBe(failure);
  const later = new PassThrough();
  later.end('x');
  await expect(eachPiece(later, () => Promise.reject(failure))).rejects.toBe(failure);
});

it('fails when the connection ends early', async () => {
  const stream = new PassThrough();
  const reading = eachPiece(stream, () => undefined);
  stream.write('x');
  stream.destroy();
  await expect(reading).rejects.toThrow('ended within the body');
  const broken = new PassThrough();
  const failing = eachPiece(broken, () => undefined);
  broken.destroy(new Error('reset'));
  await expect(failing).rejects.toThrow('reset');
});
