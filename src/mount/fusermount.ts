import { spawn, spawnSync } from 'node:child_process';
import { busy, MountError } from './errors.ts';
import type { NativeAddon } from './native.ts';

/** How long the program may take while the process exits. */
const EXIT_PATIENCE_MS = 2_000;

interface Outcome {
  readonly status: number | null;
  readonly message: string;
}

/**
 * Mounts through fusermount3, which is allowed to where we are not. It passes the descriptor of `/dev/fuse` through a
 * socket whose number is in `_FUSE_COMMFD`.
 *
 * @param options as for mount(8), separated by commas
 * @returns the descriptor
 */
export async function fusermountMount(
  addon: NativeAddon,
  program: string,
  mountpoint: string,
  options: string,
): Promise<number> {
  const [ours, theirs] = addon.socketPair();
  try {
    const outcome = await run(program, ['-o', options, '--', mountpoint], theirs);
    if (outcome.status !== 0) throw new MountError('refused', `${mountpoint}: ${describe(program, outcome)}`);
    return addon.receiveDescriptor(ours);
  } finally {
    addon.closeDescriptor(ours);
    addon.closeDescriptor(theirs);
  }
}

/** @throws MountError `busy` when something uses the mount */
export async function fusermountUnmount(program: string, mountpoint: string, lazy: boolean): Promise<void> {
  const outcome = await run(program, ['-u', ...(lazy ? ['-z'] : []), '--', mountpoint], null);
  if (outcome.status === 0) return;
  if (/busy/i.test(outcome.message)) throw busy(mountpoint);
  throw new MountError('refused', `${mountpoint}: ${describe(program, outcome)}`);
}

/** A lazy unmount while the process exits and can wait for nothing. */
export function fusermountDetachSync(program: string, mountpoint: string): void {
  // A failure leaves a dead mount, which the next start cleans up.
  spawnSync(program, ['-u', '-z', '-q', '--', mountpoint], { stdio: 'ignore', timeout: EXIT_PATIENCE_MS });
}

function run(program: string, args: readonly string[], socket: number | null): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe', ...(socket === null ? [] : [socket])],
      env: { ...process.env, ...(socket !== null && { _FUSE_COMMFD: '3' }) },
    });
    let message = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      message += text;
    });
    child.on('close', (status) => resolve({ status, message: message.trim() }));
    child.on('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'ENOENT') return reject(cause);
      const text = `${program} is not installed, and only root may mount without it. Install it: apt-get install fuse3`;
      reject(new MountError('no-fusermount', text, { cause }));
    });
  });
}

function describe(program: string, { status, message }: Outcome): string {
  const reason = message.replaceAll('\n', '; ');
  return reason === '' ? `${program} ended with exit code ${status}` : reason;
}
