import type { Accounts, Bearers, Tokens } from './accounts/index.ts';
import type { Features } from './features.ts';
import type { UploadMarks } from './fileserver/upload-marks.ts';
import type { Access, Branches, Contents, Libraries, Usage, VirtualLibraries } from './libraries/index.ts';
import type { Links } from './links.ts';
import type { Tickets } from './notification/index.ts';
import type { Stats } from './stats.ts';
import type { ChunkStore, Database, ObjectStore, Tables } from './storage/index.ts';
import type { Throttle } from './throttle.ts';

/** All parts of a running server, for the routes. */
export interface Site {
  readonly objects: ObjectStore;
  readonly database: Database;
  readonly chunks: ChunkStore;
  readonly tables: Tables;
  readonly accounts: Accounts;
  readonly tokens: Tokens;
  readonly bearers: Bearers;
  readonly libraries: Libraries;
  readonly branches: Branches;
  readonly virtuals: VirtualLibraries;
  readonly access: Access;
  readonly contents: Contents;
  readonly usage: Usage;
  readonly links: Links;
  readonly uploadMarks: UploadMarks;
  readonly stats: Stats;
  /** Undefined when the web API is not limited. */
  readonly throttle: Throttle | undefined;
  /** Tickets for the notification server; undefined when there is none. */
  readonly tickets: Tickets | undefined;
  readonly features: Features;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly urls: Urls;
}

/** Waits until what a request changed is kept. */
export async function kept(site: Site): Promise<void> {
  await site.database.written();
}

/** Where clients find the server; known once it listens. */
export interface Urls {
  /** Web application, without a slash at the end. */
  web: string;
  /** File server, with its prefix if it has one, without a slash at the end. */
  files: string;
}

/** Path of the OIDC issuer below the web application's base. */
export const ISSUER_PATH = '/auth/realms/seamount';
