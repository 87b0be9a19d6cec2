import type { LibraryId } from '../../seafile/objects/index.ts';
import type { AccountRecord, Tables } from '../storage/index.ts';
import { checkPassword, hashPassword, type ScryptCost } from './passwords.ts';

/** An account to be there when the server starts. */
export interface AccountOption {
  readonly email: string;
  readonly password: string;
  /** Shown name; by default the part of the address before the `@`. */
  readonly name?: string;
  /** Bytes; unlimited by default. */
  readonly quota?: number;
}

/** A service account that signs in with OIDC client credentials. */
export interface ClientOption {
  readonly id: string;
  readonly secret: string;
  /** The Seafile account it acts as; `service-account-ID@HOST` by default. */
  readonly email?: string;
}

/** Who may sign in, and how. */
export class Accounts {
  readonly #tables: Tables;
  readonly #cost: ScryptCost;

  constructor(tables: Tables, cost: ScryptCost) {
    this.#tables = tables;
    this.#cost = cost;
  }

  find(email: string): AccountRecord | undefined {
    return this.#tables.accounts.get(email);
  }

  all(): AccountRecord[] {
    return [...this.#tables.accounts.entries()].map(([, account]) => account);
  }

  /** Makes an account, or gives an existing one this password, name and quota. */
  async ensure(option: AccountOption): Promise<void> {
    const known = this.find(option.email);
    const same = known?.password ? await checkPassword(option.password, known.password) : false;
    const password = same && known ? known.password : await hashPassword(option.password, this.#cost);
    this.#put(option.email, {
      password,
      ...(option.name === undefined ? {} : { name: option.name }),
      ...(option.quota === undefined ? {} : { quota: option.quota }),
    });
  }

  /** Makes a service account and the account it acts as. */
  async ensureClient(option: ClientOption, host: string): Promise<void> {
    const email = option.email ?? `service-account-${option.id}@${host}`;
    const known = this.#tables.clients.get(option.id);
    const same = known ? await checkPassword(option.secret, known.secret) : false;
    const secret = same && known ? known.secret : await hashPassword(option.secret, this.#cost);
    this.#tables.clients.put(option.id, { id: option.id, secret, email });
    this.#put(email, {});
  }

  #put(email: string, changes: Partial<AccountRecord>): void {
    const base: AccountRecord = this.find(email) ?? {
      email,
      name: email.slice(0, Math.max(0, email.indexOf('@'))) || email,
      password: null,
      quota: null,
      defaultLibrary: null,
      active: true,
      tokenGeneration: 0,
    };
    this.#tables.accounts.put(email, { ...base, ...changes });
  }

  /** @returns the account, when the password is right */
  async signIn(email: string, password: string): Promise<AccountRecord | undefined> {
    const account = this.find(email);
    const right = await checkPassword(password, account?.password ?? null);
    return right ? account : undefined;
  }

  /** @returns the account that a service account acts as, when the secret is right */
  async signInClient(id: string, secret: string): Promise<AccountRecord | undefined> {
    const client = this.#tables.clients.get(id);
    const right = await checkPassword(secret, client?.secret ?? null);
    return right && client ? this.find(client.email) : undefined;
  }

  setDefaultLibrary(email: string, library: LibraryId): void {
    this.#put(email, { defaultLibrary: library });
  }

  setName(email: string, name: string): void {
    this.#put(email, { name });
  }

  setActive(email: string, active: boolean): void {
    this.#put(email, { active });
  }

  /** The name to show for an address, which need not be an account's. */
  nameOf(email: string): string {
    return this.find(email)?.name ?? (email.slice(0, Math.max(0, email.indexOf('@'))) || email);
  }
}
