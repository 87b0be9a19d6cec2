import { randomUUID } from 'node:crypto';
import { type CommitEncryption, type LibraryId, libraryId } from '../../seafile/objects/index.ts';
import type { LibraryRecord } from '../storage/index.ts';

/**
 * What makes a library one that its clients encrypt (seafile-api B.3, B.6): the server keeps their blocks as they are and
 * hands these values on, from which a client that knows the password gets the key. The server itself never knows it.
 */
export interface LibraryEncryption {
  /** The format: 2, 3 or 4. */
  readonly version: number;
  /** Hex; tells a client whether a password is the right one. */
  readonly magic: string;
  /** Hex; the library's key, encrypted with the password. */
  readonly randomKey: string;
  /** Hex; empty in version 2, whose salt is fixed. */
  readonly salt: string;
}

/** The values as a client made them. */
export interface EncryptionFields {
  readonly id: string | undefined;
  readonly version: string | undefined;
  readonly magic: string | undefined;
  readonly randomKey: string | undefined;
  readonly salt: string | undefined;
}

const HEX = /^[0-9a-f]+$/;

/**
 * @returns the library's id, which is part of what its magic was made of, with the encryption; undefined when something
 * does not fit together
 */
export function clientEncryption(
  fields: EncryptionFields,
): { readonly id: LibraryId; readonly encryption: LibraryEncryption } | undefined {
  const { magic = '', randomKey = '', salt = '' } = fields;
  const version = Number(fields.version);
  const saltDigits = version === 2 ? 0 : 64;
  if (![2, 3, 4].includes(version) || salt.length !== saltDigits || (saltDigits > 0 && !HEX.test(salt)))
    return undefined;
  if (magic.length !== 64 || !HEX.test(magic) || randomKey.length !== 96 || !HEX.test(randomKey)) return undefined;
  try {
    return { id: libraryId(fields.id ?? randomUUID()), encryption: { version, magic, randomKey, salt } };
  } catch {
    // Not a library's id.
    return undefined;
  }
}

/** The encryption as commits tell it (seafile-api F.5). */
export function commitEncryption({ encryption }: LibraryRecord): { readonly encryption?: CommitEncryption } {
  if (!encryption) return {};
  const { version, magic, randomKey, salt } = encryption;
  return { encryption: { enc_version: version, magic, key: randomKey, ...(salt === '' ? {} : { salt }) } };
}
