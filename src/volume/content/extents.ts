import type { Extent } from '../../library/index.ts';

/** A set of bytes of a file, kept as ascending extents that neither overlap nor touch. */
export class ExtentSet {
  #extents: { offset: number; end: number }[] = [];

  static of(extents: Iterable<Extent>): ExtentSet {
    const set = new ExtentSet();
    for (const extent of extents) set.add(extent.offset, extent.length);
    return set;
  }

  get isEmpty(): boolean {
    return this.#extents.length === 0;
  }

  /** Bytes in the set. */
  get size(): number {
    return this.#extents.reduce((sum, extent) => sum + extent.end - extent.offset, 0);
  }

  *[Symbol.iterator](): Generator<Extent> {
    for (const { offset, end } of this.#extents) yield { offset, length: end - offset };
  }

  add(offset: number, length: number): void {
    if (length <= 0) return;
    const end = offset + length;
    const last = this.#extents.at(-1);
    // Appending is the common case.
    if (last === undefined || offset > last.end) {
      this.#extents.push({ offset, end });
      return;
    }
    if (offset >= last.offset) {
      last.end = Math.max(last.end, end);
      return;
    }
    const first = this.#firstEndingAtOrAfter(offset);
    let merged = { offset, end };
    let beyond = first;
    for (; beyond < this.#extents.length; beyond++) {
      const extent = this.#extents[beyond];
      if (extent === undefined || extent.offset > end) break;
      merged = { offset: Math.min(merged.offset, extent.offset), end: Math.max(merged.end, extent.end) };
    }
    this.#extents.splice(first, beyond - first, merged);
  }

  /** Takes away every byte at or after `size`. */
  truncate(size: number): void {
    while (this.#extents.length > 0) {
      const last = this.#extents.at(-1);
      if (last === undefined || last.end <= size) return;
      if (last.offset < size) {
        last.end = size;
        return;
      }
      this.#extents.pop();
    }
  }

  /** Whether every byte of the range is in the set. */
  covers(offset: number, length: number): boolean {
    if (length <= 0) return true;
    const extent = this.#extents[this.#firstEndingAtOrAfter(offset + 1)];
    return extent !== undefined && extent.offset <= offset && extent.end >= offset + length;
  }

  /** Cuts a range into pieces that are wholly inside or wholly outside the set, in order. */
  *pieces(offset: number, length: number): Generator<Extent & { readonly inside: boolean }> {
    const end = offset + length;
    let at = offset;
    for (let index = this.#firstEndingAtOrAfter(offset + 1); index < this.#extents.length && at < end; index++) {
      const extent = this.#extents[index];
      if (extent === undefined || extent.offset >= end) break;
      if (extent.offset > at) yield { offset: at, length: extent.offset - at, inside: false };
      const start = Math.max(at, extent.offset);
      const stop = Math.min(end, extent.end);
      yield { offset: start, length: stop - start, inside: true };
      at = stop;
    }
    if (at < end) yield { offset: at, length: end - at, inside: false };
  }

  #firstEndingAtOrAfter(offset: number): number {
    let low = 0;
    let high = this.#extents.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const extent = this.#extents[middle];
      if (extent !== undefined && extent.end < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
