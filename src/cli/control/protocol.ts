import * as z from 'zod';
import { EXIT, type ExitCode } from '../exit-codes.ts';

/** What a command may ask of the process that has a space mounted. Both sides are of one version: sockets die with mounts. */
const path = z.string().max(8192);
const timeoutMs = z
  .number()
  .nonnegative()
  .max(2 ** 31 - 1);

export const requestSchema = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('status') }),
  z.strictObject({ op: z.literal('sync'), timeoutMs: timeoutMs.optional() }),
  z.strictObject({ op: z.literal('unmount'), timeoutMs }),
  z.strictObject({ op: z.literal('stat'), path }),
  z.strictObject({ op: z.literal('list'), path, recursive: z.boolean() }),
  z.strictObject({ op: z.literal('read'), path }),
  z.strictObject({
    op: z.literal('write'),
    path,
    mtimeMs: z.number().optional(),
    permissions: z.int().min(0).max(0o777).optional(),
  }),
  z.strictObject({ op: z.literal('mkdir'), path, parents: z.boolean() }),
  z.strictObject({ op: z.literal('rename'), from: path, to: path }),
  z.strictObject({ op: z.literal('remove'), path, recursive: z.boolean(), force: z.boolean() }),
  z.strictObject({ op: z.literal('share'), path, user: z.string(), permission: z.enum(['r', 'rw']) }),
  z.strictObject({ op: z.literal('shares'), path }),
  z.strictObject({ op: z.literal('unshare'), path, user: z.string() }),
]);

export type Request = z.infer<typeof requestSchema>;

/** A failure on its way to the other side: made to be shown, without stack and secrets. */
export const failureSchema = z.object({
  line: z.string(),
  exitCode: z.enum(Object.fromEntries(Object.entries(EXIT).map(([name, code]) => [name, code])) as typeof EXIT),
  /** The errno, where there is one. */
  code: z.string().nullable(),
});

export type WireFailure = z.infer<typeof failureSchema> & { readonly exitCode: ExitCode };

/** The answer to a request. */
export const answerSchema = z.union([z.object({ error: failureSchema }), z.object({ result: z.unknown() })]);

/** A piece of a file's bytes, which follow the line; 0 at the end; a failure when there will be no end. */
export const pieceSchema = z.union([
  z.object({ error: failureSchema }),
  z.object({
    bytes: z
      .int()
      .min(0)
      .max(64 * 1024 * 1024),
  }),
]);

export const fileInfoSchema = z.object({
  path: z.string(),
  kind: z.enum(['file', 'directory']),
  size: z.number(),
  mtimeMs: z.number(),
  permissions: z.number(),
});

/** What is not on the server yet. */
export const pendingSchema = z.object({ changes: z.number(), bytes: z.number() });
export type Pending = z.infer<typeof pendingSchema>;

export const unmountedSchema = z.object({ pending: pendingSchema, cache: z.string() });

export const shareSchema = z.object({
  with: z.string(),
  kind: z.enum(['user', 'group']),
  name: z.string(),
  permission: z.enum(['r', 'rw', 'restricted']),
});

/** One mount, as `seamount status` shows it. */
export const mountStatusSchema = z.object({
  mountpoint: z.string(),
  space: z.string(),
  server: z.string(),
  account: z.string(),
  library: z.object({ id: z.string(), name: z.string() }),
  /** How the library is reached. */
  way: z.string(),
  readOnly: z.boolean(),
  durability: z.enum(['staged', 'committed']),
  pid: z.number(),
  startedAt: z.string(),
  pending: pendingSchema,
  /** What both sides changed, newest last. */
  conflicts: z.array(z.string()),
  /** The last failure to send, while something is pending because of it. */
  lastError: z.string().nullable(),
  cache: z.string(),
  log: z.string().nullable(),
});
export type MountStatus = z.infer<typeof mountStatusSchema>;
