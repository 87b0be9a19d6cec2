/** What the writer was told to do. */
export type WriterStep =
  | { readonly kind: 'create' | 'mkdir' | 'rmdir' | 'unlink' | 'fsync'; readonly path: string }
  | {
      readonly kind: 'pwrite';
      readonly path: string;
      readonly at: number;
      readonly fill: number;
      readonly length: number;
    }
  | { readonly kind: 'truncate'; readonly path: string; readonly size: number }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string }
  | { readonly kind: 'chmod'; readonly path: string; readonly mode: number }
  | { readonly kind: 'startSync' | 'sync' };

/** A name of a tree: a folder, or a file with its content. */
export interface Item {
  readonly content: Buffer | null;
  readonly mode: number;
  /** The step that made or emptied the file: what is written to it later changes it in place. */
  readonly since?: WriterStep;
}

/** A tree, by paths. */
export type ExpectedTree = ReadonlyMap<string, Item>;

/** The tree after a step that succeeded; the tree itself is left as it is. */
export function after(tree: ExpectedTree, step: WriterStep): ExpectedTree {
  const next = new Map(tree);
  switch (step.kind) {
    case 'create':
      return next.set(step.path, {
        content: Buffer.alloc(0),
        mode: tree.get(step.path)?.mode ?? FILE_MODE,
        since: step,
      });
    case 'mkdir':
      return next.set(step.path, { content: null, mode: FOLDER_MODE });
    case 'rmdir':
    case 'unlink':
      next.delete(step.path);
      return next;
    case 'pwrite':
      return changed(next, step.path, (old) => {
        const content = Buffer.alloc(Math.max(old.length, step.at + step.length));
        old.copy(content);
        return content.fill(step.fill, step.at, step.at + step.length);
      });
    case 'truncate':
      return changed(next, step.path, (old) => {
        const content = Buffer.alloc(step.size);
        old.copy(content);
        return content;
      });
    case 'chmod': {
      const item = tree.get(step.path);
      return item === undefined ? next : next.set(step.path, { ...item, mode: step.mode });
    }
    case 'rename':
      return renamed(tree, step.path, step.to);
    default:
      return next;
  }
}

const FILE_MODE = 0o644;
const FOLDER_MODE = 0o755;

function changed(next: Map<string, Item>, path: string, change: (old: Buffer) => Buffer): ExpectedTree {
  const item = next.get(path);
  if (item === undefined || item.content === null) return next;
  return next.set(path, { ...item, content: change(item.content) });
}

function renamed(tree: ExpectedTree, from: string, to: string): ExpectedTree {
  if (from === to || !tree.has(from)) return tree;
  const next = new Map<string, Item>();
  for (const [path, item] of tree) {
    const isMoved = path === from || path.startsWith(`${from}/`);
    if (path === to && !isMoved) continue;
    next.set(isMoved ? to + path.slice(from.length) : path, item);
  }
  return next;
}

/** What differs between two trees, in words; empty when they are the same. */
export function differences(actual: ExpectedTree, expected: ExpectedTree): string[] {
  const found: string[] = [];
  for (const path of new Set([...actual.keys(), ...expected.keys()])) {
    const [is, should] = [actual.get(path), expected.get(path)];
    if (is === undefined || should === undefined) found.push(`${path}: ${tell(is)}, should be ${tell(should)}`);
    else if (is.mode !== should.mode || !isSame(is.content, should.content)) {
      found.push(`${path}: ${tell(is)}, should be ${tell(should)}`);
    }
  }
  return found;
}

function isSame(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b);
}

function tell(item: Item | undefined): string {
  if (item === undefined) return 'nothing';
  const { content, mode } = item;
  return `${mode.toString(8)} ${content === null ? 'folder' : `${content.length} bytes ${content.subarray(0, 12).toString('hex')}`}`;
}

/**
 * Whether a content lies between two others: each byte is as in one or the other, and so is the length. A kill can come
 * between two pages of one large write.
 */
export function isBetween(content: Buffer, before: Buffer, then: Buffer): boolean {
  if (content.length < Math.min(before.length, then.length)) return false;
  if (content.length > Math.max(before.length, then.length)) return false;
  for (let at = 0; at < content.length; at++) {
    const byte = content[at];
    if (byte !== (before[at] ?? 0) && byte !== (then[at] ?? 0)) return false;
  }
  return true;
}
