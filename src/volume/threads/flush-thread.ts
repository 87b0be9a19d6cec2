import { BackgroundThread } from './background-thread.ts';

/** From here on one flush of the whole filesystem is cheaper: each file alone costs a write of the disk's journal. */
const MANY = 32;

const thread = new BackgroundThread<{ readonly descriptors: readonly number[]; readonly many: number }, undefined>(
  'seamount-flush',
  `
  const { descriptors, many } = request;
  if (descriptors.length >= many && process.platform === 'linux') {
    // Node has no syncfs(2); coreutils do. The path leads to the file through this process's descriptor.
    const path = '/proc/' + process.pid + '/fd/' + descriptors[0];
    const run = require('node:child_process').spawnSync('sync', ['--file-system', path], { stdio: 'ignore' });
    if (run.status === 0) return;
  }
  for (const descriptor of descriptors) fs.fdatasyncSync(descriptor);
  `,
);

/**
 * Flushes files to the disk while the event loop goes on: a flush can take seconds.
 *
 * @param descriptors of files of one filesystem; must stay open until the promise settles
 * @throws the disk's error, with `code`
 */
export async function flushFiles(descriptors: readonly number[]): Promise<void> {
  if (descriptors.length > 0) await thread.ask({ descriptors, many: MANY });
}
