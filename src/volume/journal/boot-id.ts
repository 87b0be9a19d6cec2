import { readFileSync } from 'node:fs';

/** Names the time since the machine was started; null on systems that do not tell. */
export function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    // A system without /proc.
    return null;
  }
}
