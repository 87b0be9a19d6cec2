import { VolumeError } from '../errno.ts';
import { encodeLink, LINK_TARGET_MAX_BYTES } from '../links/mfsymlink.ts';
import { andThen, type MaybePromise } from '../maybe.ts';
import type { DirectoryNode, FileNode, Node } from '../nodes/node.ts';
import { fileOf, settled, type VolumeState } from '../state.ts';
import { makeFile, makeSpecial } from './names.ts';

const LINK_PERMISSIONS = 0o644;
/** PATH_MAX, less the zero at the end. */
const TARGET_MAX_BYTES = 4095;

/** Makes a symbolic link: a file that says where it leads. */
export function makeLink(
  state: VolumeState,
  parent: DirectoryNode,
  name: string,
  target: string,
): MaybePromise<FileNode> {
  if (target === '') throw new VolumeError('ENOENT', `link "${name}" would lead nowhere: its target is empty`);
  if (target.includes('\0')) throw new VolumeError('EINVAL', `the target of link "${name}" has a zero byte`);
  const bytes = Buffer.byteLength(target);
  if (bytes > TARGET_MAX_BYTES) {
    throw new VolumeError('ENAMETOOLONG', `the target of link "${name}" has more than ${TARGET_MAX_BYTES} bytes`);
  }
  // Too long for a link file: other machines never see it.
  if (bytes > LINK_TARGET_MAX_BYTES)
    return makeSpecial(state, parent, name, { kind: 'symlink', device: 0, target }, 0o777);
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
  const target = node.kind === 'symlink' ? (node.special?.target ?? node.target) : null;
  if (target !== null) return target;
  throw new VolumeError('EINVAL', `"${node.name}" is no symbolic link, or one that is not followed`);
}
