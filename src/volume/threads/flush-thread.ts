import { BackgroundThread } from './background-thread.ts';

const thread = new BackgroundThread<readonly number[], undefined>(
  'seamount-flush',
  'for (const descriptor of request) fs.fdatasyncSync(descriptor);',
);

/**
 * Flushes files to the disk, one after the other, while the event loop goes on: a flush can take seconds.
 *
 * @param descriptors must stay open until the promise settles
 * @throws the disk's error, with `code`
 */
export async function flushFiles(descriptors: readonly number[]): Promise<void> {
  if (descriptors.length > 0) await thread.ask(descriptors);
}
