import * as z from 'zod';
import { failureSchema } from '../control/protocol.ts';
import { mountOptionsSchema } from '../options/mount-options.ts';

/** How to sign in, on its way through the private pipe between a command and the process it starts. */
const credentialsSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('token'), token: z.string() }),
  z.object({ kind: z.literal('password'), user: z.string(), password: z.string() }),
  z.object({
    kind: z.literal('client'),
    clientId: z.string(),
    clientSecret: z.string(),
    issuer: z.string().optional(),
  }),
]);

/** All that a process needs to mount a space; paths are absolute. */
export const mountRequestSchema = z.object({
  space: z.string(),
  mountpoint: z.string(),
  create: z.boolean(),
  readOnly: z.boolean(),
  durability: z.enum(['staged', 'committed']),
  symlinks: z.enum(['safe', 'all']),
  options: mountOptionsSchema,
  signIn: z.object({
    server: z.string(),
    credentials: credentialsSchema,
    fileServer: z.string().optional(),
    cache: z.string().optional(),
  }),
  directories: z.object({
    config: z.string(),
    cache: z.string(),
    data: z.string(),
    log: z.string(),
    runtime: z.string(),
  }),
  /** File that the process logs to; null for standard error. */
  log: z.string().nullable(),
});

export type MountRequest = z.infer<typeof mountRequestSchema>;

/** What the process in the background says to the command that started it, once. */
export const startedSchema = z.union([
  z.object({ mounted: z.object({ space: z.string(), mountpoint: z.string(), pid: z.number() }) }),
  z.object({ error: failureSchema }),
]);

export type Started = z.infer<typeof startedSchema>;
