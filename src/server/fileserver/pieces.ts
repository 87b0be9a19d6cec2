import type { Readable } from 'node:stream';

/**
 * Hands a body on piece by piece, as it arrives. `take` answers with a promise when it wants no more until that is done,
 * and the sender is held back meanwhile. Where it does not, no turn of the event loop and no promise is spent on a piece:
 * large uploads come in many thousands of them.
 *
 * @throws what `take` throws, and what is wrong with the stream, such as a connection that ended early
 */
export function eachPiece(stream: Readable, take: (bytes: Buffer) => Promise<void> | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    let failed = false;
    let hasEnded = false;
    const fail = (error: unknown): void => {
      failed = true;
      stream.off('data', next);
      stream.pause();
      reject(error);
    };
    const go = (): void => {
      if (failed) return;
      if (hasEnded) resolve();
      else stream.resume();
    };
    let pending: Promise<void> | undefined;
    const next = (bytes: Buffer): void => {
      try {
        pending = take(bytes);
      } catch (error) {
        fail(error);
        return;
      }
      if (!pending) return;
      stream.pause();
      pending.then(() => {
        pending = undefined;
        go();
      }, fail);
    };
    stream.on('data', next);
    stream.on('error', fail);
    stream.on('close', () => {
      if (!hasEnded) fail(new Error('the connection ended within the body'));
    });
    stream.on('end', () => {
      hasEnded = true;
      if (!pending) go();
    });
  });
}
