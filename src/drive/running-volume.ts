import type { SystemCalls, VolumeCallsOptions } from '../fs/index.ts';
import type { Mount, MountOptions } from '../mount/index.ts';
import type { LibraryId } from '../seafile/index.ts';
import type { Durability, FollowedLinks, PendingItem } from '../volume/index.ts';

/** Something in an open volume changed. */
export interface SpaceChange {
  /** `entry`: a name appeared, vanished or stands for something else. */
  readonly kind: 'entry' | 'attributes' | 'content';
  /** Absolute inside the space. */
  readonly path: string;
  /** Made elsewhere, not through this volume. */
  readonly remote: boolean;
}

/** What both sides changed. Nothing was lost; a person may want to look. */
export interface SpaceConflict {
  /** Absolute inside the space. */
  readonly path: string;
  readonly kind: 'both-changed' | 'kind-differs' | 'deletion-refused' | 'deletion-undone';
  /** Name our version was given beside theirs, or null. */
  readonly copy: string | null;
}

/** A change that the server does not have. */
export interface PendingChange {
  /** Absolute inside the space. */
  readonly path: string;
  readonly change: PendingItem['change'];
  readonly bytes: number;
  /** Why the server did not take it; null when it was not refused. */
  readonly error: string | null;
}

export interface OpenVolumeStatus {
  /** How the library is reached: by the sync protocol (`object`) or by the web API alone (`web`). */
  readonly way: 'object' | 'web';
  readonly durability: Durability;
  readonly readOnly: boolean;
  readonly pending: readonly PendingChange[];
  readonly conflicts: readonly SpaceConflict[];
  /** Why the last try to send failed; null after one that did not. */
  readonly lastError: string | null;
  /** Where what is pending is kept on this machine. */
  readonly directory: string;
}

/** Which volume to run, and how. Plain values: it may be asked for in another thread. */
export interface VolumeRequest {
  readonly library: LibraryId;
  /** Names from the library's root to the space's folder. */
  readonly folder: readonly string[];
  /** The space as a person wrote it, for logs. */
  readonly space: string;
  /** For what is pending; made before. */
  readonly directory: string;
  readonly durability: Durability;
  readonly readOnly: boolean;
  readonly symlinks: FollowedLinks;
  /** Shown as the source of mounts. */
  readonly source: string;
  readonly identity: Required<VolumeCallsOptions>;
}

/** A volume that runs, in this thread or in one of its own. */
export interface RunningVolume {
  readonly calls: SystemCalls;
  /** The calls where they answer at once, always: only a volume in another thread has them. */
  readonly blocking: SystemCalls | null;
  /** Mounts it, served by the thread that it runs in. */
  mount(mountpoint: string, options: MountOptions): Promise<Mount>;
  /** Sends what is pending. @throws VolumeError */
  sync(): Promise<void>;
  status(): OpenVolumeStatus;
  /** @returns stops the telling */
  onChange(listener: (change: SpaceChange) => void): () => void;
  /** Ends it. What is pending stays on this machine, for the next one that runs the space. */
  close(): Promise<void>;
}
