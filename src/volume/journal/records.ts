import { z } from 'zod';
import type { Entry } from '../../seafile/index.ts';

/**
 * What the journal keeps, and under which keys. It holds the pending state, not the calls that led there: reading it
 * twice, or after half of it was sent, gives the same tree.
 *
 * - `d/INO/NAME`   a pending name in the directory with that inode number
 * - `n/INO`        the file or directory a pending name stands for
 * - `g/KEY`        a staged generation
 * - `x/KEY/N`      an extent written to a generation that is not whole
 * - `s/INO/NAME`   a name in the directory with that inode number, of something that lives on this machine only
 * - `p/INO`        what such a name stands for
 * - `h/INO`        the names of a file that has several; kept when nothing is pending too
 */
export const JOURNAL_FORMAT = 'journal 1';

const hexId = z.string().regex(/^[0-9a-f]{40}$/);

const entry = z.union([
  z.object({
    kind: z.literal('file'),
    name: z.string(),
    id: hexId,
    mode: z.number(),
    mtime: z.number(),
    size: z.number(),
    modifier: z.string(),
  }),
  z.object({ kind: z.literal('directory'), name: z.string(), id: hexId, mode: z.number(), mtime: z.number() }),
]);

const entryOrNull = entry.nullable().transform((found) => found as Entry | null);

const timestamp = z.object({ seconds: z.number().int(), nanoseconds: z.number().int() });

const attributes = z.object({ permissions: z.number().int(), mtime: timestamp, ctime: timestamp, atime: timestamp });

export const nameRecord = z.object({
  was: entryOrNull,
  sent: z.array(hexId),
  /** The node's inode number; null when the name was removed. */
  ino: z.number().int().nullable(),
  /** The inode number of what left this name for another one. */
  movedTo: z.number().int().nullable(),
});

export const nodeRecord = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('file'),
    entry: entryOrNull,
    fileId: hexId,
    versionSize: z.number().int(),
    generation: z.string().nullable(),
    /** The mtime was set after the last write; else the staged file's own may be later. */
    isTimeSet: z.boolean(),
    local: attributes.nullable(),
    /** Where it leads when it is a link that was made here. */
    target: z.string().nullable().default(null),
  }),
  z.object({
    kind: z.literal('directory'),
    entry: entryOrNull,
    baseId: hexId,
    /** Names from the space's folder to where the snapshot has it. */
    basePath: z.array(z.string()).nullable(),
    local: attributes.nullable(),
  }),
]);

export const generationRecord = z.object({
  base: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('version'), id: hexId, size: z.number().int() }),
      z.object({ kind: z.literal('generation'), key: z.string() }),
    ])
    .nullable(),
  limit: z.number().int(),
});

export const specialRecord = z.object({
  kind: z.enum(['fifo', 'socket', 'character-device', 'block-device', 'symlink']),
  device: z.number().int(),
  target: z.string().nullable(),
  local: attributes.nullable(),
});

/** The inode number. */
export const specialNameRecord = z.number().int();

export const linksRecord = z.array(
  z.object({ directory: z.number().int(), name: z.string(), path: z.array(z.string()) }),
);

export const extentRecord = z.object({ offset: z.number().int(), length: z.number().int() });

export type NameRecord = z.infer<typeof nameRecord>;
export type NodeRecord = z.infer<typeof nodeRecord>;
export type GenerationRecord = z.infer<typeof generationRecord>;
export type SpecialRecord = z.infer<typeof specialRecord>;
export type LinksRecord = z.infer<typeof linksRecord>;
export type ExtentRecord = z.infer<typeof extentRecord>;
