import { cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What of a space's local folder had reached the disk at a flush. */
export interface Flushed {
  /** Bytes of the journal. */
  readonly journalBytes: number;
  /** Staged files, by name. */
  readonly staged: ReadonlyMap<string, Buffer>;
}

/** Notes what is there, when all of it was just flushed. */
export function flushedIn(directory: string): Flushed {
  const staged = join(directory, 'staged');
  return {
    journalBytes: readFileSync(join(directory, 'journal')).length,
    staged: new Map(readdirSync(staged).map((name) => [name, readFileSync(join(staged, name))])),
  };
}

const PAGE_BYTES = 4096;

/**
 * Makes of a space's local folder what a power cut may leave of it: what was flushed is there; of what came later
 * each part reached the disk or did not. The disk keeps no order: a record may be there and the bytes it tells of not.
 *
 * @param random a number from 0 to 1 each time
 */
export function cutPower(directory: string, into: string, flushed: Flushed, random: () => number): void {
  cpSync(directory, into, { recursive: true });
  rmSync(join(into, 'lock'), { force: true });
  cutJournal(join(into, 'journal'), flushed.journalBytes, random);
  const staged = join(into, 'staged');
  const names = new Set([...readdirSync(staged), ...flushed.staged.keys()]);
  for (const name of names) cutFile(join(staged, name), flushed.staged.get(name) ?? null, random);
}

function cutJournal(path: string, flushedBytes: number, random: () => number): void {
  const bytes = readFileSync(path);
  // Compacted since: a compacted journal was flushed as a whole.
  if (bytes.length < flushedBytes) return;
  const end = flushedBytes + Math.floor(random() * (bytes.length - flushedBytes + 1));
  const kept = Buffer.from(bytes.subarray(0, end));
  // The file may have grown before its last page came.
  if (random() < 0.3) kept.fill(0, Math.max(flushedBytes, end - Math.floor(random() * 100)));
  writeFileSync(path, kept);
}

function cutFile(path: string, flushed: Buffer | null, random: () => number): void {
  if (!existsSync(path)) return;
  const now = readFileSync(path);
  if (flushed === null) {
    // A new file: its name may be lost, its length, its bytes, or nothing.
    const fate = random();
    if (fate < 0.25) rmSync(path);
    else if (fate < 0.5) truncateSync(path, Math.floor(random() * (now.length + 1)));
    else if (fate < 0.75) writeFileSync(path, Buffer.alloc(now.length));
    return;
  }
  const sizes = [flushed.length, now.length];
  const left = Buffer.alloc(sizes[Math.floor(random() * 2)] ?? 0);
  for (let at = 0; at < left.length; at += PAGE_BYTES) {
    const source = (random() < 0.5 && at < now.length) || at >= flushed.length ? now : flushed;
    source.copy(left, at, at, Math.min(at + PAGE_BYTES, left.length));
  }
  writeFileSync(path, left);
}
