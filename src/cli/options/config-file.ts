import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parse, TomlError } from 'smol-toml';
import * as z from 'zod';
import { errnoOf, reasonOf, UsageError } from '../errors.ts';

const text = z.string().min(1);

/** One named way to sign in. */
const profileSchema = z.strictObject({
  server: text.optional(),
  file_server: text.optional(),
  cache: text.optional(),
  token: text.optional(),
  token_file: text.optional(),
  user: text.optional(),
  password: text.optional(),
  password_file: text.optional(),
  client_id: text.optional(),
  client_secret: text.optional(),
  client_secret_file: text.optional(),
  oidc_issuer: text.optional(),
});

const configSchema = z.strictObject({
  /** The profile that is used when none is named. */
  default_profile: text.optional(),
  profiles: z.record(text, profileSchema).default({}),
});

export type Profile = z.infer<typeof profileSchema>;

export interface NamedProfile {
  readonly name: string;
  readonly file: string;
  readonly profile: Profile;
}

/**
 * The profile that is asked for, or the configuration's default one, or its only one.
 *
 * @param directory where `config.toml` is; a missing file is no configuration
 * @param wanted    name of a profile, or undefined
 * @returns null when no profile was asked for and none stands out
 * @throws UsageError when the file is readable by others, not TOML, has unknown settings, or lacks the profile
 */
export function readProfile(directory: string, wanted: string | undefined): NamedProfile | null {
  const file = path.join(directory, 'config.toml');
  const config = readConfig(file);
  if (config === null) {
    if (wanted === undefined) return null;
    throw new UsageError(`profile ${wanted}: there is no ${file}: create it with a section [profiles.${wanted}].`);
  }
  const known = Object.keys(config.profiles);
  const name = wanted ?? config.default_profile ?? (known.length === 1 ? known[0] : undefined);
  if (name === undefined) return null;
  const profile = Object.hasOwn(config.profiles, name) ? config.profiles[name] : undefined;
  if (profile === undefined) {
    const choice = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`;
    throw new UsageError(`profile ${name} is not in ${file}: ${choice}.`);
  }
  return { name, file, profile };
}

function readConfig(file: string): z.infer<typeof configSchema> | null {
  let content: string;
  try {
    const stats = statSync(file);
    // Credentials live here: whoever else could read or change the file could use them or send them elsewhere.
    if ((stats.mode & 0o077) !== 0) {
      throw new UsageError(`${file} can be read or changed by other users: run chmod 600 ${file}`);
    }
    const self = process.getuid?.();
    if (self !== undefined && stats.uid !== self && stats.uid !== 0) {
      throw new UsageError(`${file} belongs to another user: run chown ${self} ${file}`);
    }
    content = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return null;
    throw new UsageError(`cannot read ${file}: ${reasonOf(error)}.`);
  }
  const config = configSchema.safeParse(parseToml(content, file));
  if (config.success) return config.data;
  const issue = config.error.issues[0];
  const where = issue?.path.join('.') || 'the top level';
  throw new UsageError(`${file}: ${where}: ${issue?.message ?? 'not understood'}. docs/CLI.md lists the settings.`);
}

function parseToml(content: string, file: string): unknown {
  try {
    return parse(content);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The parser's own message quotes the line, which may hold a secret.
    throw new UsageError(`${file}: line ${error.line}, column ${error.column} is not TOML.`);
  }
}
