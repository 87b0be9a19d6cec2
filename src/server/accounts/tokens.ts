import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { LibraryId } from '../../seafile/objects/index.ts';
import type {
  AccountRecord,
  LibraryTokenRecord,
  Permission,
  SyncTokenRecord,
  Tables,
  TokenRecord,
} from '../storage/index.ts';

/**
 * Tokens are kept as their SHA-256 alone and looked up by it, so that neither a copy of the database nor the time an
 * answer takes tells anything about a token.
 */
function fingerprint(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

const newToken = (): string => randomBytes(20).toString('hex');

/** What a web API token stands for. */
export type TokenHolder =
  | { readonly kind: 'account'; readonly account: string }
  | { readonly kind: 'library'; readonly library: LibraryId; readonly app: string };

/** Tokens of the web API and of the sync protocol. */
export class Tokens {
  readonly #tables: Tables;
  readonly #secret: string;

  constructor(tables: Tables) {
    this.#tables = tables;
    this.#secret = tables.settings.get('secret') ?? randomBytes(32).toString('hex');
    tables.settings.put('secret', this.#secret);
  }

  /** A key for signatures of one purpose, made of the server's secret. */
  signingKey(purpose: string): Buffer {
    return createHmac('sha256', this.#secret).update(purpose).digest();
  }

  /** The account's own token, the same at each call (seafile-api A.2): derived, so that it need not be stored. */
  ofAccount(account: AccountRecord): string {
    const token = createHmac('sha256', this.#secret)
      .update(`account\0${account.email}\0${account.tokenGeneration}`)
      .digest('hex')
      .slice(0, 40);
    this.#remember(token, { kind: 'account', account: account.email });
    return token;
  }

  /** A token of one device: a new one replaces the device's older one. */
  ofDevice(account: string, platform: string, deviceId: string): string {
    const token = newToken();
    for (const [key, record] of this.#tables.tokens.entries()) {
      if (record.kind === 'device' && record.account === account && record.deviceId === deviceId) {
        this.#tables.tokens.delete(key);
      }
    }
    this.#remember(token, { kind: 'device', account, platform, deviceId });
    return token;
  }

  #remember(token: string, record: TokenRecord): void {
    const key = fingerprint(token);
    if (!this.#tables.tokens.get(key)) this.#tables.tokens.put(key, record);
  }

  find(token: string): TokenHolder | undefined {
    const record = this.#tables.tokens.get(fingerprint(token));
    if (record?.kind === 'library') return record;
    return record && { kind: 'account', account: record.account };
  }

  /** Whether the token is a device's, made with `device_id` (a "v2" token). */
  isDevice(token: string): boolean {
    return this.#tables.tokens.get(fingerprint(token))?.kind === 'device';
  }

  /** Makes a token unknown. An account's derived token is replaced by that of its next generation. */
  revoke(token: string): void {
    const key = fingerprint(token);
    const record = this.#tables.tokens.get(key);
    if (!record) return;
    this.#tables.tokens.delete(key);
    const account = record.kind === 'account' ? this.#tables.accounts.get(record.account) : undefined;
    if (account) {
      this.#tables.accounts.put(account.email, { ...account, tokenGeneration: account.tokenGeneration + 1 });
    }
  }

  /** Makes every token of an account unknown. */
  revokeAll(account: string): void {
    for (const [key, record] of this.#tables.tokens.entries()) {
      if (record.kind !== 'library' && record.account === account) this.#tables.tokens.delete(key);
    }
    const record = this.#tables.accounts.get(account);
    if (record) this.#tables.accounts.put(account, { ...record, tokenGeneration: record.tokenGeneration + 1 });
    for (const [key, sync] of this.#tables.syncTokens.entries()) {
      if (sync.account === account) this.#tables.syncTokens.delete(key);
    }
  }

  /** A new token for the sync protocol of one library; each call makes one (seafile-api B.5). */
  newSyncToken(account: string, library: LibraryId): string {
    const token = newToken();
    this.#tables.syncTokens.put(fingerprint(token), { account, library });
    return token;
  }

  findSync(token: string): SyncTokenRecord | undefined {
    return this.#tables.syncTokens.get(fingerprint(token));
  }

  /** An application's token for one library. */
  newLibraryToken(library: LibraryId, app: string, generatedBy: string, permission: Permission): LibraryTokenRecord {
    const token = newToken();
    this.#tables.tokens.put(fingerprint(token), { kind: 'library', library, app });
    const record = { library, app, generatedBy, permission, token };
    this.#tables.libraryTokens.put(`${library}/${app}`, record);
    return record;
  }

  findLibraryToken(library: LibraryId, app: string): LibraryTokenRecord | undefined {
    return this.#tables.libraryTokens.get(`${library}/${app}`);
  }

  libraryTokens(library: LibraryId): LibraryTokenRecord[] {
    return [...this.#tables.libraryTokens.entries(`${library}/`)].map(([, record]) => record);
  }

  setLibraryTokenPermission(record: LibraryTokenRecord, permission: Permission): LibraryTokenRecord {
    const changed = { ...record, permission };
    this.#tables.libraryTokens.put(`${record.library}/${record.app}`, changed);
    return changed;
  }

  removeLibraryToken(library: LibraryId, app: string): boolean {
    const record = this.#tables.libraryTokens.get(`${library}/${app}`);
    if (!record) return false;
    this.#tables.tokens.delete(fingerprint(record.token));
    this.#tables.libraryTokens.delete(`${library}/${app}`);
    return true;
  }
}
