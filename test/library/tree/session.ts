import type { DirectoryEdit, EntryEdit, NewDirectory, NewFile } from '../../../src/library/index.ts';
import { type DirectoryId, EMPTY_DIRECTORY, type Entry, type FileEntry } from '../../../src/seafile/index.ts';
import { DIRECTORY_MODE, FILE_MODE, type Shape, type Trees } from './trees.ts';

interface FileNode {
  readonly kind: 'file';
  content: string;
  mode: number;
  mtime: number;
}

interface DirectoryNode {
  readonly kind: 'directory';
  /** Where it stood and what it was, when it is not new. */
  readonly origin: { readonly path: readonly string[]; readonly id: DirectoryId } | null;
  readonly children: Map<string, Node>;
  mode: number;
  mtime: number;
}

type Node = FileNode | DirectoryNode;

/** One step of somebody who changes a tree. Steps that make no sense where the tree stands are left out. */
export type Step =
  | { readonly do: 'write'; readonly at: readonly string[]; readonly content: string }
  | { readonly do: 'mkdir'; readonly at: readonly string[] }
  | { readonly do: 'remove'; readonly at: readonly string[] }
  | { readonly do: 'rename'; readonly at: readonly string[]; readonly to: readonly string[] }
  | { readonly do: 'touch'; readonly at: readonly string[] };

/** Changes a tree step by step and tells the edit, as a volume does: names come and go, directories keep what they were. */
export class Session {
  readonly #trees: Trees;
  readonly #base: DirectoryId;
  readonly #root: DirectoryNode;
  #clock = 2_000_000_000;

  constructor(trees: Trees, base: DirectoryId) {
    this.#trees = trees;
    this.#base = base;
    this.#root = this.#load(base, []);
  }

  #load(id: DirectoryId, path: readonly string[], attributes = { mode: DIRECTORY_MODE, mtime: 0 }): DirectoryNode {
    const children = new Map<string, Node>();
    const shape = this.#trees.show(id);
    for (const [name, entry] of this.#trees.directory(id).entries) {
      const { mode, mtime } = entry;
      if (entry.kind === 'directory') children.set(name, this.#load(entry.id, [...path, name], { mode, mtime }));
      else children.set(name, { kind: 'file', content: String(shape[name]), mode, mtime });
    }
    return { kind: 'directory', origin: { path, id }, children, mode: attributes.mode, mtime: attributes.mtime };
  }

  take(step: Step): void {
    const mtime = this.#clock++;
    const name = step.at.at(-1) ?? '';
    const parent = this.#directory(step.at.slice(0, -1));
    const node = parent?.children.get(name);
    if (!parent) return;
    if (step.do === 'write') {
      if (node?.kind === 'directory') return;
      parent.children.set(name, { kind: 'file', content: step.content, mode: node?.mode ?? FILE_MODE, mtime });
    } else if (step.do === 'mkdir') {
      if (node) return;
      parent.children.set(name, { kind: 'directory', origin: null, children: new Map(), mode: DIRECTORY_MODE, mtime });
    } else if (step.do === 'remove') {
      if (!parent.children.delete(name)) return;
    } else if (step.do === 'touch') {
      if (node) node.mtime = mtime;
      return;
    } else if (!this.#rename(parent, name, step.at, step.to)) return;
    parent.mtime = mtime;
  }

  #rename(parent: DirectoryNode, name: string, at: readonly string[], to: readonly string[]): boolean {
    const node = parent.children.get(name);
    const target = this.#directory(to.slice(0, -1));
    const newName = to.at(-1) ?? '';
    if (!node || !target || newName === '') return false;
    if (at.every((part, depth) => part === to[depth])) return false;
    const there = target.children.get(newName);
    if (there?.kind === 'directory' && (node.kind === 'file' || there.children.size > 0)) return false;
    if (there?.kind === 'file' && node.kind === 'directory') return false;
    parent.children.delete(name);
    target.children.set(newName, node);
    return true;
  }

  #directory(path: readonly string[]): DirectoryNode | null {
    let node: Node | undefined = this.#root;
    for (const name of path) node = node?.kind === 'directory' ? node.children.get(name) : undefined;
    return node?.kind === 'directory' ? node : null;
  }

  get shape(): Shape {
    const shapeOf = (node: DirectoryNode): Shape =>
      Object.fromEntries(
        [...node.children].map(([name, child]) => [name, child.kind === 'file' ? child.content : shapeOf(child)]),
      );
    return shapeOf(this.#root);
  }

  get edit(): DirectoryEdit {
    return this.#editOf(this.#root, this.#base, []) ?? { entries: new Map() };
  }

  #editOf(node: DirectoryNode, base: DirectoryId, path: readonly string[]): DirectoryEdit | null {
    const before = this.#trees.directory(base).entries;
    const entries = new Map<string, EntryEdit>();
    for (const name of new Set([...before.keys(), ...node.children.keys()])) {
      const was = before.get(name) ?? null;
      const child = node.children.get(name);
      const now = child ? this.#now(child, was, [...path, name]) : null;
      if (now !== undefined) entries.set(name, { was, sent: [], now });
    }
    return entries.size > 0 ? { entries } : null;
  }

  /** @param path where the directory stood in the base, when it is the one that stood there */
  #now(node: Node, was: Entry | null, path: readonly string[]): NewFile | NewDirectory | null | undefined {
    const { mode, mtime } = node;
    const sameAttributes = was?.mode === mode && was.mtime === mtime;
    if (node.kind === 'file') {
      const id = this.#trees.know(node.content);
      if (was?.kind === 'file' && was.id === id && sameAttributes) return undefined;
      return { kind: 'file', content: { kind: 'known', id, size: node.content.length }, mode, mtime };
    }
    const { origin } = node;
    const base = origin?.id ?? EMPTY_DIRECTORY;
    const stayed = origin !== null && origin.path.join('/') === path.join('/');
    const edit = this.#editOf(node, base, origin?.path ?? []);
    if (stayed && sameAttributes && !edit) return undefined;
    return { kind: 'directory', base, movedFrom: origin && !stayed ? origin.path : null, mode, mtime, edit };
  }
}

/** Every file content of a tree. */
export function contentsOf(trees: Trees, root: DirectoryId): Set<string> {
  const contents = new Set<string>();
  const walk = (shape: Shape): void => {
    for (const below of Object.values(shape)) {
      if (typeof below === 'string') contents.add(below);
      else walk(below);
    }
  };
  walk(trees.show(root));
  return contents;
}

/** A tree whose files have the modifier that changes made here get, so that equal trees have equal ids. */
export function asOurs(entry: Entry, modifier: string): Entry {
  return entry.kind === 'file' ? ({ ...entry, modifier } satisfies FileEntry) : entry;
}
