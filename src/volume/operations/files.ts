import type { Contents } from '../content/contents.ts';
import type { Generation } from '../content/generation.ts';
import type { ContentSource, LocalRange } from '../content/source.ts';
import type { Version } from '../content/version.ts';
import { VolumeError } from '../errno.ts';
import { volumeErrorOf } from '../errors.ts';
import { andThen, type MaybePromise } from '../maybe.ts';
import type { FileNode } from '../nodes/node.ts';
import { checkWritable, fileOf, recorded, settled, type VolumeState } from '../state.ts';
import type { OpenFile, OpenFlags, VolumeNode } from '../volume.ts';
import { contentChanged, resize } from './attributes.ts';
import { nameAgain } from './left-behind.ts';
import { absorb, partWithLent } from './lending.ts';

/** The largest file: what a double counts to exactly, less room for arithmetic. */
const MAX_FILE_BYTES = 2 ** 52;

/** An open file as the volume knows it. */
export class Handle implements OpenFile {
  readonly node: FileNode;
  readonly flags: OpenFlags;
  /** A node shows one version and what is written to it here, and the kernel sees those writes: its pages stay true. */
  readonly keepCache = true;
  readonly #unpin: (() => void) | null;
  #isOpen = true;
  #version: Version | null = null;

  constructor(node: FileNode, flags: OpenFlags, unpin: (() => void) | null) {
    this.node = node;
    this.flags = flags;
    this.#unpin = unpin;
    node.opens += 1;
    if (flags.write) node.writers += 1;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** What the file reads now. */
  source(contents: Contents): ContentSource {
    const { node } = this;
    // It has what was written past us, too.
    if (node.lent?.isParted) return node.lent;
    if (node.staged !== null) return node.staged;
    if (this.#version?.id !== node.fileId) this.#version = contents.version(node.fileId, node.versionSize, node);
    return this.#version;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.node.opens -= 1;
    if (this.flags.write) this.node.writers -= 1;
    this.#unpin?.();
  }
}

export function openFile(state: VolumeState, held: VolumeNode, flags: OpenFlags): MaybePromise<OpenFile> {
  if (flags.write || flags.truncate) checkWritable(state);
  const node = fileOf(held);
  if (node.special !== null) throw new VolumeError('ENXIO', `"${node.name}" is a ${node.kind}: it has no content here`);
  const open = (): OpenFile => {
    if (flags.read && !flags.truncate) state.siblings.opened(node);
    const unpin = node.versionSize > 0 ? state.cache.pin(node.fileId, node.versionSize) : null;
    return new Handle(node, flags, unpin);
  };
  // Also of an empty file: that it was cut shows in its times.
  if (flags.truncate) return andThen(resize(state, node, 0), open);
  return flags.write ? andThen(partWithLent(state, node), open) : open();
}

function handleOf(file: OpenFile): Handle {
  if (file instanceof Handle && file.isOpen) return file;
  throw new VolumeError('EBADF', 'the file is not open');
}

export function read(
  state: VolumeState,
  file: OpenFile,
  offset: number,
  length: number,
  signal: AbortSignal | undefined,
): MaybePromise<Uint8Array> {
  const handle = handleOf(file);
  const { node, flags } = handle;
  if (!flags.read) throw new VolumeError('EBADF', `"${node.name}" is not open for reading`);
  const wanted = Math.min(length, node.size - offset);
  if (wanted <= 0) return new Uint8Array();
  const failed = (error: unknown): never => {
    throw volumeErrorOf(error, `reading "${node.name}"`);
  };
  try {
    const bytes = handle.source(state.contents).read(offset, wanted, signal);
    return bytes instanceof Promise ? bytes.catch(failed) : bytes;
  } catch (error) {
    return failed(error);
  }
}

/** Where bytes of an open file are on this machine, cut at the end of the file; null when they have to be fetched. */
export function locate(
  state: VolumeState,
  file: OpenFile,
  offset: number,
  length: number,
): (LocalRange & { readonly length: number }) | null {
  const handle = handleOf(file);
  const wanted = Math.min(length, handle.node.size - offset);
  if (!handle.flags.read || wanted <= 0) return null;
  const range = handle.source(state.contents).locate(offset, wanted);
  return range === null ? null : { ...range, length: wanted };
}

export function write(state: VolumeState, file: OpenFile, offset: number, data: Uint8Array): MaybePromise<number> {
  const { node, flags } = handleOf(file);
  if (!flags.write) throw new VolumeError('EBADF', `"${node.name}" is not open for writing`);
  if (data.byteLength === 0) return 0;
  const failed = (error: unknown): never => {
    throw volumeErrorOf(error, `writing "${node.name}"`);
  };
  try {
    const written = andThen(writableNow(state, node), (generation) => {
      const at = flags.append ? generation.size : offset;
      if (at + data.byteLength > MAX_FILE_BYTES) {
        throw new VolumeError('EFBIG', `"${node.name}" cannot grow beyond ${MAX_FILE_BYTES} bytes`);
      }
      const extent = generation.write(at, data);
      if (extent !== null) state.journal.noteExtent(generation, extent);
      state.journal.noteUnsynced(generation);
      contentWritten(state, node);
      return data.byteLength;
    });
    return written instanceof Promise ? written.catch(failed) : written;
  } catch (error) {
    return failed(error);
  }
}

/** A generation to write to at once: while its base was fetched it may have been sent, or others changed the file. */
function writableNow(state: VolumeState, node: FileNode): MaybePromise<Generation> {
  const generation = andThen(nameAgain(state, node), () => state.contents.writable(node));
  if (!(generation instanceof Promise)) return generation;
  return generation.then((found) => {
    const isReady = !found.isFrozen && (node.parent !== null || node.leftAt === null);
    return isReady ? found : writableNow(state, node);
  });
}

function contentWritten(state: VolumeState, node: FileNode): void {
  contentChanged(state, node);
  recorded(state);
  state.events.tell({ kind: 'content', node, remote: false });
}

/** Gives a file the content of another: by its id where the server has it, so that nothing is moved or sent. */
export function copyContent(state: VolumeState, from: OpenFile, to: OpenFile): MaybePromise<number> {
  const source = handleOf(from).node;
  const target = handleOf(to).node;
  if (!to.flags.write) throw new VolumeError('EBADF', `"${target.name}" is not open for writing`);
  if (source === target) throw new VolumeError('EINVAL', `"${source.name}" cannot be copied onto itself`);
  if (source.staged !== null || target.lent !== null) return copyBytes(state, from, to);
  const emptied = andThen(nameAgain(state, target), () => state.contents.emptied(target));
  return andThen(emptied, () => {
    state.contents.discard(target);
    target.fileId = source.fileId;
    target.versionSize = source.versionSize;
    contentWritten(state, target);
    return source.versionSize;
  });
}

const COPY_BYTES = 2 ** 20;

async function copyBytes(state: VolumeState, from: OpenFile, to: OpenFile): Promise<number> {
  await resize(state, to.node, 0);
  let offset = 0;
  for (;;) {
    const bytes = await state.contents
      .source(fileOf(from.node))
      .read(offset, Math.max(0, Math.min(COPY_BYTES, fileOf(from.node).size - offset)));
    if (bytes.byteLength === 0) return offset;
    await write(state, to, offset, bytes);
    offset += bytes.byteLength;
  }
}

export async function fsync(state: VolumeState, file: OpenFile): Promise<void> {
  const { node } = handleOf(file);
  node.isSynced = true;
  try {
    await absorb(state, node);
    await state.journal.flush();
  } catch (error) {
    throw volumeErrorOf(error, `flushing "${node.name}" to this machine's disk`);
  }
  await settled(state, undefined);
  tellError(node);
}

/** A descriptor was closed: what went wrong with the file since the last time is told now, once. */
export function flush(state: VolumeState, file: OpenFile): MaybePromise<void> {
  const { node, flags } = handleOf(file);
  if (!flags.write) return;
  return andThen(absorb(state, node), () => {
    if (node.dirtySinceMs !== 0) return andThen(settled(state, undefined), () => tellError(node));
  });
}

function tellError(node: FileNode): void {
  const { error } = node;
  node.error = null;
  if (error !== null) throw error;
}

export function release(state: VolumeState, file: OpenFile): void {
  if (!(file instanceof Handle) || !file.isOpen) return;
  const absorbing = file.flags.write ? absorb(state, file.node) : undefined;
  if (absorbing === undefined) closed(state, file);
  else
    absorbing
      .catch((error: unknown) => {
        file.node.error = volumeErrorOf(error, `recording what was written to "${file.node.name}"`);
      })
      .finally(() => closed(state, file));
}

function closed(state: VolumeState, file: Handle): void {
  const { node } = file;
  file.close();
  if (node.opens === 0 && node.parent === null) state.contents.discard(node);
  if (file.flags.write && node.dirtySinceMs !== 0) state.sender.changed();
  state.tree.table.settle(node);
}
