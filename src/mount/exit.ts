/** Something on a directory that should not be left there when the process exits. */
interface Attached {
  detachSync(): void;
}

const attached = new Set<Attached>();
let listening = false;

/** Takes a mount off its directory when the process exits; one listener serves all. */
export function detachOnExit(mount: Attached): void {
  attached.add(mount);
  if (listening) return;
  listening = true;
  process.on('exit', () => {
    for (const left of attached) left.detachSync();
  });
}

/** The mount has ended by itself. */
export function detached(mount: Attached): void {
  attached.delete(mount);
}
