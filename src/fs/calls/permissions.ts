import { VolumeError, type VolumeNode, type VolumeOperations } from '../../volume/index.ts';

export const READ = 4;
export const WRITE = 2;
export const EXECUTE = 1;

/** What the permission bits of files let this process do. */
export interface Permissions {
  /** @param wanted READ, WRITE, EXECUTE or a sum. @throws VolumeError EACCES */
  require(node: VolumeNode, wanted: number): void;
}

/** The superuser: bits do not count, but what nobody may execute is no program. */
class Unrestricted implements Permissions {
  readonly #volume: VolumeOperations;

  constructor(volume: VolumeOperations) {
    this.#volume = volume;
  }

  require(node: VolumeNode, wanted: number): void {
    if ((wanted & EXECUTE) === 0 || node.kind === 'directory') return;
    if ((this.#volume.getattr(node).permissions & 0o111) === 0) throw denied('execute');
  }
}

/** The owner of everything in the volume: the owner's bits count, as at a mount point. */
class Owner implements Permissions {
  readonly #volume: VolumeOperations;

  constructor(volume: VolumeOperations) {
    this.#volume = volume;
  }

  require(node: VolumeNode, wanted: number): void {
    const granted = (this.#volume.getattr(node).permissions >> 6) & 7;
    if ((wanted & ~granted) !== 0) throw denied('do this');
  }
}

function denied(what: string): VolumeError {
  return new VolumeError('EACCES', `the permission bits of the file do not let its owner ${what}`);
}

/** @param uid the user whose rights count; 0 is the superuser */
export function permissionsOf(volume: VolumeOperations, uid: number): Permissions {
  return uid === 0 ? new Unrestricted(volume) : new Owner(volume);
}
