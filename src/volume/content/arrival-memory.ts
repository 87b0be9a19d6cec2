/** Sizes are rounded up to this, so that blocks of about one size can use each other's memory. */
const STEP_BYTES = 2 ** 20;
/** What is kept for the next blocks: memory that was used already costs far less than new one. */
const MAX_IDLE_BYTES = 48 * 2 ** 20;

const idle: SharedArrayBuffer[] = [];
let idleBytes = 0;

/**
 * Memory for a block that is on its way, which other threads can read.
 *
 * @param bytes at least so many
 */
export function takeMemory(bytes: number): SharedArrayBuffer {
  const size = Math.max(STEP_BYTES, Math.ceil(bytes / STEP_BYTES) * STEP_BYTES);
  const at = idle.findIndex((memory) => memory.byteLength === size);
  const [found] = at < 0 ? [] : idle.splice(at, 1);
  if (found === undefined) return new SharedArrayBuffer(size);
  idleBytes -= size;
  return found;
}

/** Gives memory back that nobody reads or writes any more. */
export function returnMemory(memory: SharedArrayBuffer): void {
  idle.push(memory);
  idleBytes += memory.byteLength;
  // The oldest go first: sizes that are not asked for any more.
  while (idleBytes > MAX_IDLE_BYTES) idleBytes -= idle.shift()?.byteLength ?? 0;
}
