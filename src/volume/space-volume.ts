import type { Conflict } from '../library/index.ts';
import { VolumeError } from './errno.ts';
import { volumeErrorOf } from './errors.ts';
import type { VolumeEvents } from './events.ts';
import { andThen, type MaybePromise } from './maybe.ts';
import type { VolumeLog } from './open-volume.ts';
import { getattr, setattr } from './operations/attributes.ts';
import { copyContent, flush, fsync, locate, openFile, read, release, write } from './operations/files.ts';
import { absorbAll, lend } from './operations/lending.ts';
import { makeLink, readlink } from './operations/links.ts';
import {
  link,
  makeDirectory,
  makeFile,
  makeSpecial,
  makeUnnamed,
  removeDirectory,
  rename,
  unlink,
} from './operations/names.ts';
import { Refresher } from './remote/refresher.ts';
import { directoryOf, fileOf, nodeOf, settled, type VolumeState } from './state.ts';
import { pendingBelow, type VolumeStatus } from './status.ts';
import type {
  AttributeChanges,
  Attributes,
  DeviceKind,
  DirectoryItem,
  FilesystemStatus,
  Loan,
  OpenFile,
  OpenFlags,
  RenameFlags,
  VolumeNode,
  VolumeOperations,
} from './volume.ts';

/** What holds a volume together besides its state. */
export interface VolumeFrame {
  /** Takes the newest head, if it is not the accepted one. */
  refresh(): Promise<void>;
  readonly conflicts: readonly Conflict[];
  readonly log: VolumeLog;
  close(): Promise<void>;
}

/** How often what was recorded is made durable against a power cut. */
const SYNC_MS = 1000;
const USAGE_AGE_MS = 30_000;
const BLOCK_SIZE = 4096;
/** Told where a library has no quota: 8 TiB. */
const UNLIMITED_BYTES = 2 ** 43;

/** The filesystem over one space. */
export class Volume implements VolumeOperations {
  readonly #state: VolumeState;
  readonly #frame: VolumeFrame;
  readonly #stopWatching: () => void;
  readonly #syncTimer: NodeJS.Timeout;
  readonly #refresher: Refresher;
  #usage: { readonly atMs: number; readonly value: Promise<FilesystemStatus> } | null = null;
  #closed: Promise<void> | null = null;

  constructor(state: VolumeState, frame: VolumeFrame) {
    this.#state = state;
    this.#frame = frame;
    this.#refresher = new Refresher(() => this.#takeUp());
    this.#stopWatching = state.library.watch(() => this.#refresher.headMoved());
    this.#syncTimer = setInterval(() => this.#flushRecorded(), SYNC_MS).unref();
    if (state.tree.root.pending.size > 0 && !state.readOnly) state.sender.changed();
  }

  get root(): VolumeNode {
    return this.#state.tree.root;
  }

  get readOnly(): boolean {
    return this.#state.readOnly;
  }

  get events(): VolumeEvents {
    return this.#state.events;
  }

  node(id: number): VolumeNode | undefined {
    return this.#state.tree.table.get(id);
  }

  retain(node: VolumeNode): void {
    this.#state.tree.table.retain(nodeOf(node));
  }

  forget(node: VolumeNode, count: number): void {
    this.#state.tree.table.forget(nodeOf(node), count);
  }

  lookup(parent: VolumeNode, name: string): MaybePromise<VolumeNode> {
    return this.#fetching(`looking up "${name}"`, () =>
      andThen(this.#state.tree.child(directoryOf(parent), name), (node) => {
        if (node === null) throw new VolumeError('ENOENT', `there is no "${name}"`);
        return node;
      }),
    );
  }

  parent(node: VolumeNode): VolumeNode {
    return nodeOf(node).parent ?? this.#state.tree.root;
  }

  pathOf(node: VolumeNode): readonly string[] | null {
    return this.#state.tree.pathOf(nodeOf(node));
  }

  getattr(node: VolumeNode): Attributes {
    return getattr(this.#state.tree, nodeOf(node));
  }

  setattr(node: VolumeNode, changes: AttributeChanges): MaybePromise<Attributes> {
    return this.#fetching('setting attributes', () => setattr(this.#state, node, changes));
  }

  readdir(directory: VolumeNode): MaybePromise<readonly DirectoryItem[]> {
    const node = directoryOf(directory);
    return this.#fetching(`listing "${node.name}"`, () =>
      andThen(this.#state.tree.base(node), (base) => {
        this.#state.prefetch.listed(base);
        return this.#state.tree.list(node);
      }),
    );
  }

  mkdir(parent: VolumeNode, name: string, permissions: number): MaybePromise<VolumeNode> {
    return this.#fetching(`making "${name}"`, () => makeDirectory(this.#state, directoryOf(parent), name, permissions));
  }

  mknod(
    parent: VolumeNode,
    name: string,
    kind: DeviceKind,
    device: number,
    permissions: number,
  ): MaybePromise<VolumeNode> {
    const special = { kind, device, target: null };
    return this.#fetching(`making "${name}"`, () =>
      makeSpecial(this.#state, directoryOf(parent), name, special, permissions),
    );
  }

  createUnnamed(parent: VolumeNode, permissions: number, flags: OpenFlags): MaybePromise<OpenFile> {
    return openFile(this.#state, makeUnnamed(this.#state, directoryOf(parent), permissions), flags);
  }

  symlink(parent: VolumeNode, name: string, target: string): MaybePromise<VolumeNode> {
    return this.#fetching(`making "${name}"`, () => makeLink(this.#state, directoryOf(parent), name, target));
  }

  link(node: VolumeNode, parent: VolumeNode, name: string): MaybePromise<VolumeNode> {
    return this.#fetching(`linking "${name}"`, () => link(this.#state, node, directoryOf(parent), name));
  }

  readlink(node: VolumeNode): string {
    return readlink(nodeOf(node));
  }

  rmdir(parent: VolumeNode, name: string): MaybePromise<void> {
    return this.#fetching(`removing "${name}"`, () => removeDirectory(this.#state, directoryOf(parent), name));
  }

  unlink(parent: VolumeNode, name: string): MaybePromise<void> {
    return this.#fetching(`removing "${name}"`, () => unlink(this.#state, directoryOf(parent), name));
  }

  rename(
    parent: VolumeNode,
    name: string,
    newParent: VolumeNode,
    newName: string,
    flags: RenameFlags = {},
  ): MaybePromise<void> {
    return this.#fetching(`renaming "${name}"`, () =>
      rename(this.#state, directoryOf(parent), name, directoryOf(newParent), newName, flags),
    );
  }

  create(
    parent: VolumeNode,
    name: string,
    permissions: number,
    flags: OpenFlags & { readonly exclusive: boolean },
  ): MaybePromise<OpenFile> {
    return this.#fetching(`making "${name}"`, () =>
      andThen(makeFile(this.#state, directoryOf(parent), name, permissions), ({ node, isNew }) => {
        if (!isNew && flags.exclusive) throw new VolumeError('EEXIST', `"${name}" exists`);
        const { exclusive: _, truncate, ...how } = flags;
        return openFile(this.#state, node, { ...how, truncate: truncate === true && !isNew });
      }),
    );
  }

  open(node: VolumeNode, flags: OpenFlags): MaybePromise<OpenFile> {
    return openFile(this.#state, node, flags);
  }

  read(file: OpenFile, offset: number, length: number, signal?: AbortSignal): MaybePromise<Uint8Array> {
    return read(this.#state, file, offset, length, signal);
  }

  lend(file: OpenFile, isSole: (fd: number) => boolean): Loan | null {
    return lend(this.#state, fileOf(file.node), isSole);
  }

  /** Where bytes of an open file are on this disk, so that they need not pass through here; null when they are not. */
  locate(file: OpenFile, offset: number, length: number): ReturnType<typeof locate> {
    return locate(this.#state, file, offset, length);
  }

  write(file: OpenFile, offset: number, data: Uint8Array): MaybePromise<number> {
    return write(this.#state, file, offset, data);
  }

  copyContent(from: OpenFile, to: OpenFile): MaybePromise<number> {
    return this.#fetching('copying', () => copyContent(this.#state, from, to));
  }

  fsync(file: OpenFile): MaybePromise<void> {
    return fsync(this.#state, file);
  }

  flush(file: OpenFile): MaybePromise<void> {
    return flush(this.#state, file);
  }

  release(file: OpenFile): void {
    release(this.#state, file);
  }

  fsyncDirectory(directory: VolumeNode): MaybePromise<void> {
    directoryOf(directory);
    return this.#fetching('flushing to this disk', () =>
      this.#state.journal.flush().then(() => settled(this.#state, undefined)),
    );
  }

  statfs(): MaybePromise<FilesystemStatus> {
    const now = this.#state.nowMs();
    if (this.#usage === null || now - this.#usage.atMs > USAGE_AGE_MS) {
      this.#usage = { atMs: now, value: this.#readUsage() };
    }
    return this.#usage.value;
  }

  /** Sends everything that is pending. @throws VolumeError why the server did not take it; it stays pending */
  async sync(): Promise<void> {
    await this.#state.journal.flush();
    if (!this.#state.readOnly) await this.#state.sender.flush();
  }

  /** Takes the newest head now, instead of when the watch tells of it. @throws VolumeError when it cannot be had */
  async refresh(): Promise<void> {
    try {
      await this.#frame.refresh();
    } catch (error) {
      throw volumeErrorOf(error, 'asking for the newest version');
    }
  }

  status(): VolumeStatus {
    return {
      sending: this.#state.sender.status,
      pending: [...pendingBelow(this.#state.tree.root)],
      conflicts: this.#frame.conflicts,
      nodes: this.#state.tree.table.size,
    };
  }

  /**
   * Ends the volume. What is pending stays in the journal, for the next one that opens the space: call `sync` first to
   * have it on the server.
   */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      this.#stopWatching();
      clearInterval(this.#syncTimer);
      await this.#state.sender.close();
      await this.#refresher.close();
      await this.#frame.close();
    })();
    return this.#closed;
  }

  #flushRecorded(): void {
    const recorded = this.#state.contents.lent.size === 0 ? Promise.resolve() : absorbAll(this.#state);
    recorded
      .then(() => this.#state.journal.flush())
      .catch((error: unknown) => {
        this.#frame.log.warn(`what was written cannot be flushed to this machine's disk: ${String(error)}`);
      });
  }

  async #takeUp(): Promise<void> {
    try {
      await this.#frame.refresh();
    } catch (error) {
      this.#frame.log.warn(volumeErrorOf(error, 'taking up changes made elsewhere').message);
    }
  }

  async #readUsage(): Promise<FilesystemStatus> {
    const usage = await this.#state.library.usage().catch(() => {
      // df is answered without numbers of the server rather than with an error.
      return { usedBytes: null, quotaBytes: null };
    });
    const used = usage.usedBytes ?? 0;
    const totalBytes = usage.quotaBytes ?? Math.max(UNLIMITED_BYTES, 2 * used);
    return {
      totalBytes,
      freeBytes: Math.max(0, totalBytes - used),
      blockSize: BLOCK_SIZE,
      files: 2 ** 32,
      freeFiles: 2 ** 31,
      nameMax: 255,
    };
  }

  /** Gives failures of the server on the way the form that the doors know. */
  #fetching<T>(what: string, operation: () => MaybePromise<T>): MaybePromise<T> {
    try {
      const result = operation();
      if (!(result instanceof Promise)) return result;
      return result.catch((error: unknown) => {
        throw volumeErrorOf(error, what);
      });
    } catch (error) {
      throw volumeErrorOf(error, what);
    }
  }
}
