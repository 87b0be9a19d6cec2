import { VolumeError } from '../errno.ts';
import { encodeLink, LINK_TARGET_MAX_BYTES } from '../links/mfsymlink.ts';
import { andThen, type MaybePromise } from '../maybe.ts';
import type { DirectoryNode, FileNode, Node } from '../nodes/node.ts';
import { fileOf, settled, type VolumeState } from '../state.ts';
import { makeFile } from './names.ts';

const LINK_PERMISSIONS = 0o644;

/** Makes a symbolic link: a file that says where it leads. */
export function makeLink(
  state: VolumeState,
  parent: DirectoryNode,
  name: string,
  target: string,
): MaybePromise<FileNode> {
  if (target === '') throw new VolumeError('ENOENT', `link "${name}" would lead nowhere: its target is empty`);
  if (target.includes('\0')) throw new VolumeError('EINVAL', `the target of link "${name}" has a zero byte`);
  if (Buffer.byteLength(target) > LINK_TARGET_MAX_BYTES) {
    throw new VolumeError('ENAMETOOLONG', `the target of link "${name}" has more than ${LINK_TARGET_MAX_BYTES} bytes`);
  }
  const fill = (node: FileNode): void => {
    const generation = state.contents.begin(node);
    generation.write(0, encodeLink(target));
    state.journal.noteUnsynced(generation);
    node.target = target;
    node.mayLeadOut = true;
    node.isNewLink = true;
    state.tree.links.made(node.ino, target);
  };
  return andThen(makeFile(state, parent, name, LINK_PERMISSIONS, fill), ({ node, isNew }) => {
    if (!isNew) throw new VolumeError('EEXIST', `"${name}" exists`);
    return settled(state, fileOf(node));
  });
}

export function readlink(node: Node): string {
  if (node.kind === 'symlink' && node.target !== null) return node.target;
  throw new VolumeError('EINVAL', `"${node.name}" is no symbolic link, or one that is not followed`);
}
