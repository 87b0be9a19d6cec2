import * as z from 'zod';
import { UsageError } from '../errors.ts';

/** The options of `-o` that are understood, as the mount takes them; sent to the process that mounts. */
export const mountOptionsSchema = z.strictObject({
  driver: z.enum(['channel', 'fuse-native']).exactOptional(),
  readOnly: z.boolean().exactOptional(),
  uid: z.int().exactOptional(),
  gid: z.int().exactOptional(),
  allowOther: z.boolean().exactOptional(),
  defaultPermissions: z.boolean().exactOptional(),
  allowNonEmpty: z.boolean().exactOptional(),
  entryTimeoutSeconds: z.number().exactOptional(),
  attributesTimeoutSeconds: z.number().exactOptional(),
  readAheadKiB: z.number().exactOptional(),
  passthrough: z.boolean().exactOptional(),
});

export type FuseOptions = z.infer<typeof mountOptionsSchema>;

type Setting = (value: string | undefined) => FuseOptions;

const flag =
  (options: FuseOptions): Setting =>
  (value) => {
    if (value !== undefined) throw new UsageError('takes no value');
    return options;
  };

const number =
  (set: (value: number) => FuseOptions, form: RegExp, what: string): Setting =>
  (value) => {
    if (value === undefined || !form.test(value)) throw new UsageError(`takes ${what}`);
    return set(Number(value));
  };

const ID = /^\d{1,10}$/;
const SECONDS = /^\d{1,9}(\.\d+)?$/;

const SETTINGS: Readonly<Record<string, Setting>> = {
  ro: flag({ readOnly: true }),
  rw: flag({}),
  allow_other: flag({ allowOther: true }),
  default_permissions: flag({ defaultPermissions: true }),
  no_default_permissions: flag({ defaultPermissions: false }),
  nonempty: flag({ allowNonEmpty: true }),
  uid: number((uid) => ({ uid }), ID, "a user's number"),
  gid: number((gid) => ({ gid }), ID, "a group's number"),
  entry_timeout: number((entryTimeoutSeconds) => ({ entryTimeoutSeconds }), SECONDS, 'seconds'),
  attr_timeout: number((attributesTimeoutSeconds) => ({ attributesTimeoutSeconds }), SECONDS, 'seconds'),
  read_ahead_kb: number((readAheadKiB) => ({ readAheadKiB }), ID, 'KiB'),
  no_passthrough: flag({ passthrough: false }),
  // Every mount is made so.
  nosuid: flag({}),
  nodev: flag({}),
};

/**
 * Reads what follows `-o`, as mount(8) has it: options separated by commas, some with a value.
 *
 * @throws UsageError for an option that is not known, naming those that are
 */
export function parseMountOptions(texts: readonly string[]): FuseOptions {
  let options: FuseOptions = {};
  for (const text of texts.flatMap((list) => list.split(',')).filter((part) => part !== '')) {
    const equals = text.indexOf('=');
    const name = equals < 0 ? text : text.slice(0, equals);
    const setting = Object.hasOwn(SETTINGS, name) ? SETTINGS[name] : undefined;
    if (setting === undefined) {
      throw new UsageError(`-o ${name} is not known: use ${Object.keys(SETTINGS).join(', ')}.`);
    }
    try {
      options = { ...options, ...setting(equals < 0 ? undefined : text.slice(equals + 1)) };
    } catch (error) {
      if (error instanceof UsageError) throw new UsageError(`-o ${name} ${error.message}.`);
      throw error;
    }
  }
  return options;
}
