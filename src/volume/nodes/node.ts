import {
  type DirectoryEntry,
  type DirectoryId,
  EMPTY_DIRECTORY,
  EMPTY_FILE,
  type Entry,
  type FileEntry,
  type FileId,
  S_IFDIR,
  S_IFREG,
} from '../../seafile/index.ts';
import type { Generation } from '../content/generation.ts';
import type { LentFile } from '../content/lent-file.ts';
import type { VolumeError } from '../errno.ts';
import { staysInside } from '../links/containment.ts';
import type { LinkGroup } from '../links/hard-links.ts';
import type { DeviceKind, NodeKind, Timestamp, VolumeNode } from '../volume.ts';

/** Attributes that differ from the entry, or that no entry tells. */
export interface LocalAttributes {
  permissions: number;
  mtime: Timestamp;
  ctime: Timestamp;
  atime: Timestamp;
}

/** What web uploads and other clients leave open in a directory's mode: no permission bits at all (seafile-api F.3). */
const DEFAULT_DIRECTORY_PERMISSIONS = 0o755;
/** Set in the mode of a directory whose permission bits are really all off, which else reads as "not told". */
const NO_PERMISSIONS_MARK = 0o1000;

abstract class NodeBase {
  readonly id: number;
  ino: number;
  /** Current name in `parent`; the last one when the node has none any more. */
  name: string;
  /** Null for the root, and for what was removed or replaced. */
  parent: DirectoryNode | null;
  /** How often callers hold it. */
  retained = 0;
  local: LocalAttributes | null = null;

  constructor(id: number, ino: number, parent: DirectoryNode | null, name: string) {
    this.id = id;
    this.ino = ino;
    this.parent = parent;
    this.name = name;
  }
}

/** What makes a node one that is never sent. */
export interface Special {
  readonly kind: DeviceKind | 'symlink';
  /** As `st_rdev` tells it. */
  readonly device: number;
  /** Where a link leads. */
  readonly target: string | null;
  /** How many names it has, in folders that were looked at and others. */
  names: number;
}

/** A name of a file. */
export interface NamePlace {
  readonly parent: DirectoryNode;
  readonly name: string;
  /** What the snapshot has under it. */
  entry: FileEntry | null;
}

/** Set in the mode of a file that is a symbolic link, so that a listing can tell without its content. */
export const LINK_MARK = 0o1000;
/** What other clients see of a link: a text file. */
const LINK_MODE = S_IFREG | LINK_MARK | 0o644;

/** A file: one version of it, or one and what was written to it here. */
export class FileNode extends NodeBase implements VolumeNode {
  /** What the snapshot has of it; null when it is not on the server yet. */
  entry: FileEntry | null = null;
  /** Set for what lives on this machine only. */
  readonly special: Special | null;
  /** It never had a name, and may get one. */
  isUnnamed = false;
  /** Further names (hard links). */
  links: NamePlace[] = [];
  /** Remembers the names of a file that has several. */
  group: LinkGroup | null = null;
  /** Content on the server (or the empty one): what is read when nothing is staged. */
  fileId: FileId = EMPTY_FILE;
  /** Bytes of that content. */
  versionSize = 0;
  staged: Generation | null = null;
  /** Set while the content is lent to others who read it without asking. */
  lent: LentFile | null = null;
  /** Where the content leads when it is a well-formed link; null when it is none, or was not looked at. */
  target: string | null = null;
  /** A link that is followed wherever it leads. */
  mayLeadOut = false;
  /** A link that was made here and that the server does not have yet. */
  isNewLink = false;
  /** Whether it is known if the content is a link. */
  isExamined = true;
  /** Where it stood when others changed or deleted it: what is written to it afterwards goes there. */
  leftAt: { readonly directory: DirectoryNode; readonly name: string } | null = null;
  opens = 0;
  writers = 0;
  /** When the first change came that the server does not have; milliseconds, 0 for none. */
  dirtySinceMs = 0;
  /** The generation the journal has for this node. */
  recordedGeneration: Generation | null = null;
  /** The mtime was set by a caller after the last write. */
  isTimeSet = false;
  /** Nothing was written since the last fsync. */
  isSynced = false;
  /** A sending that failed since the last fsync or close. */
  error: VolumeError | null = null;

  get size(): number {
    return this.staged?.size ?? this.versionSize;
  }

  constructor(id: number, ino: number, parent: DirectoryNode | null, name: string, special: Special | null = null) {
    super(id, ino, parent, name);
    this.special = special;
  }

  get kind(): Exclude<NodeKind, 'directory'> {
    if (this.special !== null) return this.special.kind;
    return this.target !== null && (this.mayLeadOut || staysInside(this.target, depthOf(this))) ? 'symlink' : 'file';
  }

  get permissions(): number {
    if (this.kind === 'symlink') return 0o777;
    return this.local?.permissions ?? (this.entry === null ? 0o644 : this.entry.mode & 0o777);
  }

  get mtime(): Timestamp {
    return this.local?.mtime ?? { seconds: this.entry?.mtime ?? 0, nanoseconds: 0 };
  }

  get mode(): number {
    if (this.kind === 'symlink') return this.entry?.mode ?? LINK_MODE;
    return S_IFREG | this.permissions | (this.target === null ? 0 : LINK_MARK);
  }
}

/** A directory: a tree of the snapshot, and the names in it that were changed here. */
export class DirectoryNode extends NodeBase implements VolumeNode {
  readonly kind = 'directory';
  /** What the snapshot has of it; null for the root and for what is not on the server yet. */
  entry: DirectoryEntry | null = null;
  /** The directory object that shows where nothing is pending. */
  baseId: DirectoryId = EMPTY_DIRECTORY;
  /** Where it stands in the snapshot; null for the root and for what is not there. */
  basePlace: { readonly parent: DirectoryNode; readonly name: string } | { readonly path: readonly string[] } | null =
    null;
  /** Names whose content, attributes or meaning differ from the snapshot, or below which something does. */
  readonly pending = new Map<string, PendingName>();
  /** Nodes that exist of what is in it, by current name. */
  readonly children = new Map<string, Node>();
  /** How many folders are in it, with the snapshot that was counted in; null when that has to be counted. */
  folders: { readonly baseId: DirectoryId; readonly count: number } | null = null;
  /** A caller was told names that are in it, or that are not. */
  wasRead = false;

  get permissions(): number {
    if (this.local !== null) return this.local.permissions;
    return this.entry === null ? DEFAULT_DIRECTORY_PERMISSIONS : directoryPermissions(this.entry.mode);
  }

  get mtime(): Timestamp {
    return this.local?.mtime ?? { seconds: this.entry?.mtime ?? 0, nanoseconds: 0 };
  }

  /** The mode to store; the one the entry has unless the bits were changed here. */
  get mode(): number {
    if (this.entry !== null && directoryPermissions(this.entry.mode) === this.permissions) return this.entry.mode;
    return S_IFDIR | (this.permissions === 0 ? NO_PERMISSIONS_MARK : this.permissions);
  }
}

export type Node = FileNode | DirectoryNode;

/** Every name that a node has. */
export function namesOf(node: Node): readonly { readonly parent: DirectoryNode; readonly name: string }[] {
  if (node.parent === null) return [];
  const { parent, name } = node;
  return node instanceof DirectoryNode ? [{ parent, name }] : [{ parent, name }, ...node.links];
}

/** Whether a node has a name, in a folder that was looked at or in another. */
export function isNamed(node: Node): boolean {
  return node.parent !== null || (node instanceof FileNode && node.special !== null && node.special.names > 0);
}

/** Whether a node is under a name that the server does not have so. */
export function hasPendingName(node: Node): boolean {
  return namesOf(node).some(({ parent, name }) => parent.pending.get(name)?.node === node);
}

/** What the snapshot has under a name of a node. */
export function entryAt(node: Node, parent: DirectoryNode, name: string): Entry | null {
  if (node.kind === 'directory' || (node.parent === parent && node.name === name)) return node.entry;
  return linkAt(node, parent, name)?.entry ?? null;
}

/** Notes what the snapshot has under a name of a node. */
export function setEntry(node: Node, parent: DirectoryNode, name: string, entry: Entry): void {
  if (node.kind === 'directory') {
    if (entry.kind === 'directory') node.entry = entry;
    return;
  }
  if (entry.kind !== 'file') return;
  const link = linkAt(node, parent, name);
  if (link === undefined) node.entry = entry;
  else link.entry = entry;
}

function linkAt(node: FileNode, parent: DirectoryNode, name: string): NamePlace | undefined {
  return node.links.find((link) => link.parent === parent && link.name === name);
}

/** Whether an entry is what a node can stand for: links are files to the server. */
export function isOfKind(entry: Entry, node: Node): boolean {
  return (entry.kind === 'directory') === (node.kind === 'directory');
}

/** A change to one name of a directory that the server does not have yet. */
export class PendingName {
  /** What the snapshot had under the name when it was first changed. */
  was: Entry | null;
  /** Ids of our own versions that may be on the server already. */
  sent: string[] = [];
  /** What the name stands for now; null when it was removed. */
  node: Node | null;
  /** The node that left this name for another one. */
  movedTo: Node | null = null;
  /** The batch on its way tells of this name. */
  inFlight = false;
  /** The journal has it. */
  recorded = false;

  constructor(was: Entry | null, node: Node | null) {
    this.was = was;
    this.node = node;
  }
}

function directoryPermissions(mode: number): number {
  const bits = mode & 0o777;
  return bits === 0 && (mode & NO_PERMISSIONS_MARK) === 0 ? DEFAULT_DIRECTORY_PERMISSIONS : bits;
}

/** Folders between the root and what is in a folder of it: 0 for what is in the root. */
export function depthBelow(directory: DirectoryNode): number {
  let depth = 0;
  for (let at = directory; at.parent !== null; at = at.parent) depth += 1;
  return depth;
}

/** What lost its name cannot be followed by it. */
function depthOf(node: FileNode): number {
  let depth = Number.POSITIVE_INFINITY;
  if (node.parent !== null) depth = depthBelow(node.parent);
  for (const { parent } of node.links) depth = Math.min(depth, depthBelow(parent));
  return depth;
}

/** Whether `node` is `ancestor` or stands below it. */
export function isWithin(node: DirectoryNode, ancestor: DirectoryNode): boolean {
  for (let at: DirectoryNode | null = node; at !== null; at = at.parent) if (at === ancestor) return true;
  return false;
}

/**
 * Names from the space's folder to where the snapshot has the directory; null when it is not there, or is the root.
 */
export function basePathOf(directory: DirectoryNode): readonly string[] | null {
  const place = directory.basePlace;
  if (place === null) return null;
  if ('path' in place) return place.path;
  const above = place.parent.parent === null && place.parent.basePlace === null ? [] : basePathOf(place.parent);
  return above === null ? null : [...above, place.name];
}
