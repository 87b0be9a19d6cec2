import { eachInParallel } from '../../seafile/index.ts';
import { bytesToCut, planFile } from '../blocks/index.ts';
import type { CommitterOptions } from './options.ts';
import type { Ticket } from './ticket.ts';

/** Files cut and hashed at one time: each holds a block in memory. */
const PARALLEL_FILES = 4;

/**
 * Everything up to the point where a batch's change can be published: the server is asked whether it takes it, and has
 * all its blocks. Tickets that fail for a reason of their own are answered; what hits all is thrown.
 */
export async function prepare(
  tickets: readonly Ticket[],
  { sync, blocks, cutPolicy }: CommitterOptions,
  signal: AbortSignal,
): Promise<void> {
  const waiting = () => tickets.filter(({ settled }) => !settled);
  let bytes = 0;
  for (const ticket of waiting()) bytes += bytesOf(ticket);
  await Promise.all([sync.permissionCheck('upload', signal), bytes > 0 && sync.quotaCheck(bytes, signal)]);

  const files = waiting().flatMap((ticket) => [...ticket.contents].map((content) => ({ ticket, content })));
  await eachInParallel(files, PARALLEL_FILES, async ({ ticket, content }) => {
    if (ticket.settled || ticket.planned.has(content)) return;
    try {
      ticket.planned.set(content, await planFile(content, { ...(cutPolicy ? { policy: cutPolicy } : {}), signal }));
    } catch (error) {
      // The batch's own bytes cannot be read; the others go on.
      ticket.fail(error);
    }
  });

  const failures = await blocks.send(
    waiting().flatMap(({ planned }) => [...planned.values()]),
    signal,
  );
  await Promise.all(
    waiting().map((ticket) => {
      const failed = [...ticket.contents].find((content) => failures.has(content));
      return failed ? ticket.fail(failures.get(failed)) : announce(ticket);
    }),
  );
}

/** Bytes that have to be sent for a ticket, at most; one whose contents make no sense is answered, and counts nothing. */
export function bytesOf(ticket: Ticket): number {
  try {
    return [...ticket.contents].reduce((sum, content) => sum + bytesToCut(content), 0);
  } catch (error) {
    ticket.fail(error);
    return 0;
  }
}

/** Tells the caller the ids, once; without that being recorded nothing of the batch is published. */
async function announce(ticket: Ticket): Promise<void> {
  if (ticket.announced) return;
  try {
    await ticket.batch.beforePublish?.(ticket.files);
    ticket.announced = true;
  } catch (error) {
    ticket.fail(error);
  }
}
