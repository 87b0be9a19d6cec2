import type { CommitId, DirectoryId, LibraryId } from '../../seafile/objects/index.ts';
import type { LibraryEncryption } from '../libraries/encryption.ts';
import type { Database, Table } from './database.ts';

/** What a shared library may be used for: read, or read and write (seafile-api 0.6). */
export type Permission = 'r' | 'rw';

export interface AccountRecord {
  readonly email: string;
  /** Shown name. */
  readonly name: string;
  /** `scrypt$N$r$p$salt$key` in hex; null when the account signs in by OIDC alone. */
  readonly password: string | null;
  /** Bytes; null means unlimited. */
  readonly quota: number | null;
  readonly defaultLibrary: LibraryId | null;
  readonly active: boolean;
  /** Raised to make all of the account's own API tokens unknown. */
  readonly tokenGeneration: number;
}

/** A service account's credentials for the token endpoint. */
export interface ClientRecord {
  readonly id: string;
  /** As {@link AccountRecord.password}. */
  readonly secret: string;
  readonly email: string;
}

/** A token that opens the web API; the key is the SHA-256 of the token. */
export type TokenRecord =
  | { readonly kind: 'account'; readonly account: string }
  | { readonly kind: 'device'; readonly account: string; readonly platform: string; readonly deviceId: string }
  | { readonly kind: 'library'; readonly library: LibraryId; readonly app: string };

/** A token that opens one library on the file server; the key is the SHA-256 of the token. */
export interface SyncTokenRecord {
  readonly account: string;
  readonly library: LibraryId;
}

/** An application's token for one library (seafile-api A.5); the key is `library/app`. */
export interface LibraryTokenRecord {
  readonly library: LibraryId;
  readonly app: string;
  readonly generatedBy: string;
  readonly permission: Permission;
  readonly token: string;
}

/** Where the content of a virtual library comes from (seafile-api F.6). */
export interface VirtualRecord {
  readonly origin: LibraryId;
  readonly path: string;
  /** The folder as it was when both sides were last equal. */
  readonly base: DirectoryId;
}

export interface LibraryRecord {
  readonly id: LibraryId;
  readonly name: string;
  readonly description: string;
  readonly owner: string;
  readonly head: CommitId;
  readonly virtual: VirtualRecord | null;
  /** Present when its clients encrypt what is in it. */
  readonly encryption?: LibraryEncryption;
  /** Seconds since 1970; null while it is not in the owner's trash. */
  readonly deletedAt: number | null;
  /** Days of history to keep: -1 all, 0 none. */
  readonly historyDays: number;
  /** Trash entries older than this are not shown; seconds since 1970. */
  readonly trashCleanedAt: number;
  /** How often garbage was collected: a commit that began before a collection is refused (409). */
  readonly collections: number;
  /** Order in which libraries were made. */
  readonly serial: number;
}

/** A library shared with a user; the key is `library/account`. */
export interface ShareRecord {
  readonly library: LibraryId;
  readonly from: string;
  readonly to: string;
  readonly permission: Permission;
  /** Order in which shares were made. */
  readonly serial: number;
}

/** A public link to a file or folder; the key is the token. */
export interface ShareLinkRecord {
  readonly kind: 'download' | 'upload';
  readonly token: string;
  readonly owner: string;
  readonly library: LibraryId;
  readonly path: string;
  readonly isFolder: boolean;
  readonly password: string | null;
  readonly created: number;
  readonly expires: number | null;
  readonly views: number;
  readonly canEdit: boolean;
  readonly canDownload: boolean;
  readonly canUpload: boolean;
}

/** Every table of a server, by name and type. */
export interface Tables {
  readonly accounts: Table<AccountRecord>;
  readonly clients: Table<ClientRecord>;
  readonly tokens: Table<TokenRecord>;
  readonly syncTokens: Table<SyncTokenRecord>;
  readonly libraryTokens: Table<LibraryTokenRecord>;
  readonly libraries: Table<LibraryRecord>;
  readonly shares: Table<ShareRecord>;
  readonly shareLinks: Table<ShareLinkRecord>;
  /** Values of which there is one: the server's secret, and how far {@link nextSerial} has counted. */
  readonly settings: Table<string>;
}

/** The next number of an ever growing row, for what has to be listed in the order it was made. */
export function nextSerial(tables: Tables): number {
  const serial = Number(tables.settings.get('serial') ?? '0') + 1;
  tables.settings.put('serial', String(serial));
  return serial;
}

const NAMES: Readonly<Record<keyof Tables, string>> = {
  accounts: 'accounts',
  clients: 'clients',
  tokens: 'tokens',
  syncTokens: 'sync-tokens',
  libraryTokens: 'library-tokens',
  libraries: 'libraries',
  shares: 'shares',
  shareLinks: 'share-links',
  settings: 'settings',
};

/** Names of all tables. */
export const TABLE_NAMES: readonly string[] = Object.values(NAMES);

export function openTables(database: Database): Tables {
  return {
    accounts: database.table(NAMES.accounts),
    clients: database.table(NAMES.clients),
    tokens: database.table(NAMES.tokens),
    syncTokens: database.table(NAMES.syncTokens),
    libraryTokens: database.table(NAMES.libraryTokens),
    libraries: database.table(NAMES.libraries),
    shares: database.table(NAMES.shares),
    shareLinks: database.table(NAMES.shareLinks),
    settings: database.table(NAMES.settings),
  };
}
