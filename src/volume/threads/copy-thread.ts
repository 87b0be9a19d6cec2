import { BackgroundThread } from './background-thread.ts';

const thread = new BackgroundThread<{ readonly from: string; readonly to: string }, undefined>(
  'seamount-copy',
  'fs.copyFileSync(request.from, request.to, fs.constants.COPYFILE_FICLONE);',
);

/**
 * Copies a local file while the event loop goes on; without moving data where the disk can.
 *
 * @throws the disk's error, with `code`
 */
export async function copyFile(from: string, to: string): Promise<void> {
  await thread.ask({ from, to });
}
