import type { BlockSpan, FrozenContent } from '../content.ts';

/** A part of a file that is to be sent: kept as a block of the base version, or cut anew. */
export type Region =
  | { readonly kind: 'keep'; readonly block: BlockSpan }
  | { readonly kind: 'cut'; readonly offset: number; readonly length: number };

/**
 * A last block below this is cut again together with what was appended: a log that grows by lines would otherwise
 * become a file of tiny blocks. Above it, an append sends only what is new.
 */
export const OPEN_TAIL_BYTES = 1024 * 1024;

/**
 * Which parts of a file keep the blocks of the version it was made from.
 *
 * A block whose bytes did not change keeps its id, and the server already has it: keeping the base version's boundaries
 * wherever nothing was written is what makes a small edit of a large file cheap. Touched blocks that follow each other
 * are one region, so that their boundaries are found anew.
 *
 * @param size bytes of the new version
 * @param base blocks of the version being replaced, and the extents written since, in any order
 * @returns regions in file order, that cover the file without gaps
 * @throws RangeError when an extent lies beyond `size`, or the blocks leave a gap
 */
export function planRegions(size: number, base: FrozenContent['base']): Region[] {
  if (size === 0) return [];
  if (!base) return [{ kind: 'cut', offset: 0, length: size }];
  const dirty = [...base.dirty].sort((a, b) => a.offset - b.offset);
  const last = dirty.at(-1);
  if (last && last.offset + last.length > size) {
    throw new RangeError(`written ${last.length} bytes at ${last.offset}, beyond the file's ${size} bytes`);
  }
  const regions: Region[] = [];
  let end = 0;
  let extent = 0;
  for (const block of base.blocks) {
    if (block.offset !== end) throw new RangeError(`blocks leave a gap at ${end}`);
    end += block.size;
    if (block.offset >= size) continue;
    while (reach(dirty[extent]) <= block.offset) extent++;
    const written = dirty[extent];
    if (end <= size && !(written && written.offset < end)) regions.push({ kind: 'keep', block });
    else addCut(regions, block.offset, Math.min(end, size));
  }
  if (end < size) {
    const open = regions.at(-1);
    if (open?.kind === 'keep' && open.block.size < OPEN_TAIL_BYTES) {
      regions.pop();
      addCut(regions, open.block.offset, end);
    }
    addCut(regions, end, size);
  }
  return regions;
}

/** Where an extent ends; beyond everything when there is none. */
function reach(extent: { readonly offset: number; readonly length: number } | undefined): number {
  return extent ? extent.offset + extent.length : Number.POSITIVE_INFINITY;
}

function addCut(regions: Region[], start: number, end: number): void {
  const before = regions.at(-1);
  if (before?.kind === 'cut') {
    regions[regions.length - 1] = { kind: 'cut', offset: before.offset, length: end - before.offset };
  } else regions.push({ kind: 'cut', offset: start, length: end - start });
}
