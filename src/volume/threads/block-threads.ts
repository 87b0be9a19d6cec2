import type { BlockId } from '../../seafile/index.ts';
import { BackgroundThread } from './background-thread.ts';

/** A block that has come, and where it belongs. */
export interface ArrivedBlock {
  /** Holds the block from its start; must not change until the promise settles. */
  readonly memory: SharedArrayBuffer;
  /** Bytes of the block. */
  readonly length: number;
  readonly id: BlockId;
  /** Must stay open until the promise settles. */
  readonly fd: number;
  /** Bytes from the start of the file. */
  readonly position: number;
}

/** Two: while one hashes, the other waits for the disk. */
const THREADS = 2;

const threads = Array.from(
  { length: THREADS },
  () =>
    new BackgroundThread<ArrivedBlock, boolean>(
      'seamount-blocks',
      `
  const bytes = Buffer.from(request.memory, 0, request.length);
  if (crypto.createHash('sha1').update(bytes).digest('hex') !== request.id) return false;
  for (let done = 0; done < request.length; ) {
    done += fs.writeSync(request.fd, bytes, done, request.length - done, request.position + done);
  }
  return true;
  `,
    ),
);
let next = 0;

/**
 * Looks whether a block is what its id says and puts it where it belongs, while the event loop goes on: hashing 8 MiB
 * takes 6 ms, and a disk that is busy keeps whoever writes waiting for as long as it likes.
 *
 * @returns false when it is something else, and nothing was written
 * @throws the disk's error (ENOSPC)
 */
export function storeBlock(block: ArrivedBlock): Promise<boolean> {
  const thread = threads[next++ % THREADS] ?? threads[0];
  if (thread === undefined) throw new Error('there are no threads');
  return thread.ask(block);
}
